"""Makes block.json: a bottleneck block of Keras's ResNet50 in both modes, with its gradients.

    KERAS_BACKEND=tensorflow python make.py    # keras 3.15.1, tensorflow 2.21
"""

import json

import keras
import numpy as np
import tensorflow as tf
from keras.src.applications.resnet import residual_block_v1

rng = np.random.default_rng(1)
inputs = keras.Input((4, 4, 6))
model = keras.Model(inputs, residual_block_v1(inputs, 4, stride=2, name="block"))
for v in model.variables:
    v.assign(rng.uniform(0.5, 1.5, v.shape) if "variance" in v.name or "gamma" in v.name else rng.normal(0, 0.5, v.shape))


def numbers(t):
    return [round(float(v), 7) for v in np.asarray(t).ravel()]


def named(pairs):
    return {v.path: {"shape": list(v.shape), "values": numbers(t)} for v, t in pairs}


x = tf.constant(rng.normal(size=(3, 4, 4, 6)).astype(np.float32))
weights = named((v, v) for v in model.variables)
inference = model(x, training=False)
dy = tf.constant(rng.normal(size=inference.shape).astype(np.float32))
with tf.GradientTape() as tape:
    tape.watch(x)
    training = model(x, training=True)
    loss = tf.reduce_sum(training * dy)
gradients = tape.gradient(loss, [x] + model.trainable_variables)
moved = [v for v in model.variables if "moving" in v.name]
with open("block.json", "w") as f:
    json.dump({"keras": keras.__version__, "x": numbers(x), "dy": numbers(dy), "weights": weights, "inference": numbers(inference),
               "training": numbers(training), "moved": named((v, v) for v in moved), "dx": numbers(gradients[0]),
               "gradients": named(zip(model.trainable_variables, gradients[1:]))}, f)
    f.write("\n")
