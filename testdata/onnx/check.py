"""Checks ONNX files with onnx's checker and evaluates them with onnxruntime, for fashion/onnx's test.

usage: check.py FOLDER...

Each folder has model.onnx; an .npy file for each input, named as the input, float32 or uint8; and output.npy, what the network returned in Go. It prints a line of JSON for each:
the folder, the largest difference from the output, and the operators with their numbers. The inputs are given whole and one image at a time, because the batch is symbolic.
"""

import collections
import json
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime

for folder in map(pathlib.Path, sys.argv[1:]):
    model = onnx.load(folder / "model.onnx")
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    inputs = {i.name: np.load(folder / f"{i.name}.npy") for i in session.get_inputs()}
    want = np.load(folder / "output.npy").astype(np.float64)
    whole = session.run(None, inputs)[0].astype(np.float64)
    single = np.concatenate([session.run(None, {k: v[i : i + 1] for k, v in inputs.items()})[0] for i in range(len(want))]).astype(np.float64)
    assert whole.shape == want.shape, (whole.shape, want.shape)
    operators = collections.Counter(node.op_type for node in model.graph.node)
    difference = max(np.abs(whole - want).max(), np.abs(single - want).max())
    print(json.dumps({"folder": folder.name, "difference": difference, "operators": operators}))
