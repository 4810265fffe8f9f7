"""Makes keras.json: images resized by Keras, bilinear.

    KERAS_BACKEND=tensorflow python make.py    # keras 3.15.1, tensorflow 2.21
"""

import json

import keras
import numpy as np

x = np.random.default_rng(1).random((2, 5, 7, 3)).astype(np.float32)
cases = []
for height, width in ((8, 9), (10, 14), (5, 7), (6, 20)):
    y = keras.ops.image.resize(x, (height, width), interpolation="bilinear")
    cases.append({"height": height, "width": width, "values": [round(float(v), 7) for v in np.asarray(y).ravel()]})
with open("keras.json", "w") as f:
    json.dump({"keras": keras.__version__, "shape": x.shape, "x": [round(float(v), 7) for v in x.ravel()], "cases": cases}, f)
    f.write("\n")
