"""Makes the 2,000-image subset in this folder from the official files: make.py OFFICIAL_FOLDER

The first 160 training images and the first 40 test images of each class, in their original order.
"""
import gzip
import hashlib
import os
import struct
import sys

source, here = sys.argv[1], os.path.dirname(os.path.abspath(__file__))


def read(name):
    with gzip.open(os.path.join(source, name)) as f:
        return f.read()


def write(name, data):
    with open(os.path.join(here, name), "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
        z.write(data)
    print(hashlib.sha256(data).hexdigest(), name)


for part, per_class in (("train", 160), ("t10k", 40)):
    images, labels = read(f"{part}-images-idx3-ubyte.gz")[16:], read(f"{part}-labels-idx1-ubyte.gz")[8:]
    counts, chosen = [0] * 10, []
    for i, label in enumerate(labels):
        if counts[label] < per_class:
            counts[label] += 1
            chosen.append(i)
    write(f"{part}-images-idx3-ubyte.gz", struct.pack(">4I", 2051, len(chosen), 28, 28)
          + b"".join(images[i * 784:(i + 1) * 784] for i in chosen))
    write(f"{part}-labels-idx1-ubyte.gz", struct.pack(">2I", 2049, len(chosen)) + bytes(labels[i] for i in chosen))
