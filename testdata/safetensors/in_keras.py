"""A network of fashionlab in Keras, from its safetensors file (`go run ./kernel-setup export -safetensors FILE RUN`).

usage: in_keras.py FILE IMAGES

IMAGES is an .npy file of grey levels, uint8 [N, 28, 28]. It prints their logits, a JSON list for each image, without test-time augmentation.
It knows the network cnn: a Keras model whose layers take the parameters as they are. Needs keras with a backend, numpy and safetensors.
"""

import json
import sys

import keras
import numpy as np
from keras import layers
from safetensors import safe_open


def cnn(model):
    """The network of a recipe's model, with layers named as in the file but for the slashes."""
    x = inputs = keras.Input((28, 28, 1))
    for number, filters in ((1, model.get("filters") or 32), (2, 2 * (model.get("filters") or 32))):
        for i in range(model.get("depth") or 2):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=f"stage{number}-conv{i + 1}")(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Dense(model.get("hidden") or 128, activation="relu", name="hidden")(layers.Flatten()(x))
    return keras.Model(inputs, layers.Dense(model.get("classes") or 10, name="logits")(x))


def load(path):
    with safe_open(path, "numpy") as f:
        network = cnn(json.loads(f.metadata()["recipe"])["model"])
        for layer in network.layers:
            name = layer.name.replace("-", "/")
            if layer.weights:
                layer.set_weights([f.get_tensor(name + "/kernel"), f.get_tensor(name + "/bias")])
    return network


if __name__ == "__main__":
    images = np.load(sys.argv[2])[..., None].astype("float32") / 255
    for row in load(sys.argv[1]).predict(images, verbose=0).tolist():
        print(json.dumps(row))
