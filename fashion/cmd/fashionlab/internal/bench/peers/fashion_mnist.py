"""Reads Fashion-MNIST's training images. bench runs this before each other script of this folder, as one program with it."""
import gzip
import os


def training(folder):
    """The bytes of all training images and of their labels, from the IDX files of a folder, compressed by gzip or not."""
    def read(name, header):
        path = os.path.join(folder, name)
        with open(path, "rb") if os.path.exists(path) else gzip.open(path + ".gz") as f:
            return f.read()[header:]

    return read("train-images-idx3-ubyte", 16), read("train-labels-idx1-ubyte", 8)
