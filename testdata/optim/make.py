"""Records Keras's optimizers and ReduceLROnPlateau step by step: make.py > traces.json

The gradient of step t is given, not computed, so that a trace tests the update rule alone. From step 8 on the learning
rate is a tenth, as after a plateau.
"""
import json
import os
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np

STEPS = 14
START = np.array([0.5, -1.25, 2.0, 0.25, -3.0], "float32")  # none crosses zero, where a relative error says nothing
rng = np.random.default_rng(1)
GRADIENTS = (rng.normal(size=(STEPS, 5)) * np.array([1, 0.1, 10, 1e-3, 0])).astype("float32")

SETTINGS = [
    ("nadam", dict(rate=0.001, beta1=0.9, beta2=0.99)),  # the slide's CNN
    ("nadam", dict(rate=0.01, beta1=0.9, beta2=0.9999, weight_decay=1e-5)),  # the slide's ResNet50
    ("nadam", dict(rate=0.001, beta1=0.9, beta2=0.999, weight_decay=1e-4)),  # the slide's ConvNeXt
    ("adam", dict(rate=0.001, beta1=0.9, beta2=0.999)),
    ("adamw", dict(rate=0.01, beta1=0.8, beta2=0.99, weight_decay=0.05)),
    ("rmsprop", dict(rate=0.01, beta2=0.9)),
    ("rmsprop", dict(rate=0.01, beta2=0.95, momentum=0.7)),
    ("sgd", dict(rate=0.1)),
    ("sgd", dict(rate=0.1, momentum=0.9)),
    ("sgd", dict(rate=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)),
]


def make(name, s):
    decay = s.get("weight_decay") or None
    momentum = s.get("momentum", 0.0)
    o = keras.optimizers
    if name == "rmsprop":
        return o.RMSprop(s["rate"], rho=s["beta2"], momentum=momentum, epsilon=1e-7, weight_decay=decay)
    if name == "sgd":
        return o.SGD(s["rate"], momentum=momentum, nesterov=s.get("nesterov", False), weight_decay=decay)
    kind = {"nadam": o.Nadam, "adam": o.Adam, "adamw": o.AdamW}[name]
    return kind(s["rate"], beta_1=s["beta1"], beta_2=s["beta2"], epsilon=1e-7, weight_decay=decay)


def trace(name, s):
    optimizer, v, values = make(name, s), keras.Variable(START), []
    for t in range(STEPS):
        if t == 7:
            optimizer.learning_rate = s["rate"] / 10
        optimizer.apply([keras.ops.convert_to_tensor(GRADIENTS[t])], [v])
        values.append([float(x) for x in v.numpy()])
    epsilon = {} if name == "sgd" else {"epsilon": 1e-7}
    return {"optimizer": {"name": name, **s, **epsilon}, "values": values}


def plateau(settings, losses):
    model = keras.Sequential([keras.layers.Input((1,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    c = keras.callbacks.ReduceLROnPlateau("val_loss", factor=settings["factor"], patience=settings["patience"], verbose=0,
                                          min_delta=settings["min_delta"], cooldown=settings["cooldown"], min_lr=settings["min_rate"])
    c.set_model(model)
    c.on_train_begin()
    rates = []
    for epoch, loss in enumerate(losses):
        c.on_epoch_end(epoch, {"val_loss": loss})
        rates.append(float(model.optimizer.learning_rate))
    return {"schedule": {"name": "plateau", **settings}, "losses": losses, "rates": rates}


LOSSES = [1.0, 0.8, 0.81, 0.79995, 0.7, 0.71, 0.72, 0.69995, 0.7, 0.6, 0.65, 0.64, 0.63, 0.62, 0.61, 0.6]
PLATEAUS = [
    dict(patience=1, factor=0.3, min_delta=1e-4, cooldown=0, min_rate=1e-6),  # the study's
    dict(patience=2, factor=0.5, min_delta=1e-3, cooldown=0, min_rate=0.03),
    dict(patience=1, factor=0.1, min_delta=0.0, cooldown=2, min_rate=1e-4),
    dict(patience=3, factor=0.5, min_delta=0.05, cooldown=1, min_rate=0.0),
]
json.dump({
    "keras": keras.__version__,
    "start": [float(x) for x in START],
    "gradients": [[float(x) for x in row] for row in GRADIENTS],
    "traces": [trace(name, s) for name, s in SETTINGS],
    "plateaus": [plateau(s, LOSSES) for s in PLATEAUS],
}, sys.stdout, indent=1)
print()
