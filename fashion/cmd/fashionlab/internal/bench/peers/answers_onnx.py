"""Times the answers of an exported network in ONNX Runtime: answers_onnx.py IMAGES TIMES DEVICE FILE

Prints a line of JSON for each line on standard input: the milliseconds of so many calls, each with so many new images of bytes, from the bytes to
probabilities on the host. FILE takes bytes and returns probabilities. DEVICE is cpu or cuda.
"""
import json
import os
import resource
import sys
import time

import numpy as np
import onnxruntime

images, times, device, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = os.cpu_count()
session = onnxruntime.InferenceSession(file, options, providers=["CUDAExecutionProvider" if device == "cuda" else "CPUExecutionProvider"])
random = np.random.default_rng(1)

for _ in sys.stdin:
    ms = []
    for _ in range(times + 3):
        data = random.integers(0, 256, (images, 28, 28), dtype=np.uint8)
        start = time.perf_counter()
        session.run(["probabilities"], {"images": data})[0].tolist()
        ms.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"peer": f"ONNX Runtime {onnxruntime.__version__}, {device}", "ms": ms[3:], "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), flush=True)
