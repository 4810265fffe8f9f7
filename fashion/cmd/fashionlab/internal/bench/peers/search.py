"""Searches the CNN's parameters with KerasTuner's Hyperband: search.py DATA FOLDER R ETA RECIPE

The space, the images and the table are those of our search with the rounding kerastuner. Prints a line of JSON: the
seconds of the search, and how many epochs it trained. The recipe is the search's base, as JSON.
"""
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import keras_tuner
import numpy as np
import tensorflow as tf
from keras import layers

data, folder, longest, eta, recipe = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), json.loads(sys.argv[5])
limit = recipe["data"]["limit"]
fitted = limit - round(limit * recipe["data"]["validation"])
x, y = (np.frombuffer(part, np.uint8) for part in training(data))
x = x.reshape(-1, 28, 28, 1)[:limit].astype(np.float32) / 255
y = y[:limit].astype(np.int32)


def stage(x, filters, dropout):
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.Dropout(dropout)(layers.MaxPooling2D(2)(x))


def build(hp):
    dropout = hp.Choice("dropout", [0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    name, rate = hp.Choice("optimizer", ["nadam", "adam", "rmsprop", "sgd"]), hp.Float("rate", 1e-4, 3e-2, sampling="log")
    beta1, beta2 = hp.Choice("beta1", [0.8, 0.9, 0.95]), hp.Choice("beta2", [0.9, 0.99, 0.999, 0.9999])
    decay = hp.Choice("decay", [0.0, 1e-5, 1e-4, 1e-3]) or None
    optimizer = {
        "nadam": lambda: keras.optimizers.Nadam(rate, beta1, beta2, weight_decay=decay),
        "adam": lambda: keras.optimizers.Adam(rate, beta1, beta2, weight_decay=decay),
        "rmsprop": lambda: keras.optimizers.RMSprop(rate, beta2, weight_decay=decay),
        "sgd": lambda: keras.optimizers.SGD(rate, beta1, nesterov=True, weight_decay=decay),
    }[name]()
    inputs = layers.Input((28, 28, 1))
    h = stage(stage(inputs, 32, dropout), 64, dropout)
    h = layers.Dropout(dropout)(layers.Dense(128, activation="relu")(layers.Flatten()(h)))
    model = keras.Model(inputs, layers.Dense(10)(h))
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    return model


epochs = 0


class Counter(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        global epochs
        epochs += 1


start = time.perf_counter()
tuner = keras_tuner.Hyperband(build, objective="val_accuracy", max_epochs=longest, factor=eta, seed=1, directory=folder, project_name="search")
tuner.search(x[:fitted], y[:fitted], validation_data=(x[fitted:], y[fitted:]), batch_size=recipe["batch"], callbacks=[Counter()], verbose=0)
print(json.dumps({"peer": f"KerasTuner {keras_tuner.__version__}, Keras {keras.__version__}, TensorFlow {tf.__version__}",
                  "seconds": time.perf_counter() - start, "epochs": epochs}), flush=True)
