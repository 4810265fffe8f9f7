"""Makes scipy.json: images of the data set corrupted by scipy and numpy, of which package corruption must make the same.

    python make.py    # scipy 1.17.1, numpy 2.4.6
"""

import gzip
import json

import numpy as np
import scipy
from scipy import ndimage

with gzip.open("../fashion-mnist/t10k-images-idx3-ubyte.gz") as f:
    images = np.frombuffer(f.read(), np.uint8, offset=16).reshape(-1, 28, 28)[:2].astype(np.float64)

corruptions = {
    "rotation": lambda x, degrees: ndimage.rotate(x, degrees, reshape=False, order=1, mode="grid-constant"),
    "shift": lambda x, pixels: ndimage.shift(x, (0, pixels), order=0),
    "contrast": lambda x, factor: x.mean() + factor * (x - x.mean()),
    "blur": lambda x, deviation: ndimage.gaussian_filter(x, deviation, mode="constant", truncate=3),
}
strengths = {"rotation": (5, -20, 30), "shift": (1, -6), "contrast": (0.4,), "blur": (0.5, 1, 2)}
cases = [
    {"name": name, "strength": s, "image": i, "values": [round(v, 2) for v in corrupt(x, s).ravel()]}
    for name, corrupt in corruptions.items()
    for s in strengths[name]
    for i, x in enumerate(images)
]
with open("scipy.json", "w") as f:
    json.dump({"scipy": scipy.__version__, "cases": cases}, f)
    f.write("\n")
