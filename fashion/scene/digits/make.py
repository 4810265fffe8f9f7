"""Writes digits.bin: 300 handwritten digits of scikit-learn's load_digits (UCI, "Optical Recognition of Handwritten Digits", Alpaydin and Kaynak, CC BY 4.0),
8x8 grey values of 0 to 16 each, a byte a pixel. Made with scikit-learn 1.9.1: pip install scikit-learn; python make.py
"""

import numpy as np
from sklearn.datasets import load_digits

images = load_digits().images
images[np.random.default_rng(1).permutation(len(images))[:300]].astype(np.uint8).tofile("digits.bin")
