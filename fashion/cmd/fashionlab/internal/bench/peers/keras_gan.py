"""Times a step of a GAN (models/gan.go, "sngan" with the hinge loss) in Keras on TensorFlow: keras_gan.py DATA STEPS RECIPE

Prints a line of JSON for each line on standard input. A step gathers its images from memory, makes as many, updates the discriminator, makes others,
updates the generator by Adam, and moves its average; one tf.function. The recipe is JSON.
"""
import json
import os
import resource
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

folder, steps, recipe = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
batch, width, latent, rule = recipe["batch"], recipe["model"]["width"], recipe["model"]["latent"], recipe["optimizer"]
images, labels = (np.frombuffer(part, np.uint8) for part in training(folder))
images = tf.constant(images.reshape(-1, 28, 28, 1))
labels = tf.constant(labels.astype(np.int32))


class PixelNorm(layers.Layer):
    def call(self, x):
        return x * tf.math.rsqrt(tf.reduce_mean(tf.square(x), -1, keepdims=True) + 1e-6)


def activate(x, code, channels):
    both = layers.Reshape((1, 1, 2 * channels))(layers.Dense(2 * channels)(code))
    return layers.ReLU()(PixelNorm()(x) * (1 + both[..., :channels]) + both[..., channels:])


def generator():
    z, classes = layers.Input((latent,)), layers.Input((10,))
    code = layers.Concatenate()([z, classes])
    x = layers.Reshape((7, 7, 4 * width))(layers.Dense(49 * 4 * width)(code))
    x = layers.UpSampling2D(2)(activate(x, code, 4 * width))
    x = layers.Conv2D(2 * width, 3, padding="same")(x)
    x = layers.UpSampling2D(2)(activate(x, code, 2 * width))
    x = layers.Conv2D(width, 3, padding="same")(x)
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(activate(x, code, width))
    return keras.Model([z, classes], x)


def discriminator():
    def bounded(layer):
        return layers.SpectralNormalization(layer)

    x, classes = layers.Input((28, 28, 1)), layers.Input((10,))
    y = 2 * x - 1
    for filters in (width, 2 * width):
        y = layers.AveragePooling2D(2)(layers.LeakyReLU(0.1)(bounded(layers.Conv2D(filters, 3, padding="same"))(y)))
    y = layers.LeakyReLU(0.1)(bounded(layers.Conv2D(4 * width, 3, padding="same"))(y))
    y = layers.LeakyReLU(0.1)(bounded(layers.Dense(4 * width))(layers.Flatten()(y)))
    fits = layers.Dot(1)([y, bounded(layers.Dense(4 * width))(classes)])
    return keras.Model([x, classes], (bounded(layers.Dense(1))(y) + fits)[:, 0])


make, judge = generator(), discriminator()
average = [tf.Variable(v) for v in make.trainable_variables]
adam = dict(beta_1=rule.get("beta1", 0), beta_2=rule["beta2"], epsilon=rule["epsilon"])
of_generator, of_discriminator = keras.optimizers.Adam(rule["rate"], **adam), keras.optimizers.Adam(recipe["gan"]["rate"], **adam)
of_generator.build(make.trainable_variables)
of_discriminator.build(judge.trainable_variables)


@tf.function
def step(chosen):
    real = tf.cast(tf.gather(images, chosen), tf.float32) / 255
    classes = tf.one_hot(tf.gather(labels, chosen), 10)
    made = make([tf.random.normal((batch, latent)), classes], training=True)
    with tf.GradientTape() as tape:
        scores = judge([tf.concat([real, made], 0), tf.concat([classes, classes], 0)], training=True)
        loss = (tf.reduce_mean(tf.nn.relu(1 - scores[:batch])) + tf.reduce_mean(tf.nn.relu(1 + scores[batch:]))) / 2
    of_discriminator.apply_gradients(zip(tape.gradient(loss, judge.trainable_variables), judge.trainable_variables))
    hits = tf.reduce_sum(tf.cast(scores[:batch] > 0, tf.float32)) + tf.reduce_sum(tf.cast(scores[batch:] < 0, tf.float32))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch([v.value for v in make.trainable_variables])
        fooled = -tf.reduce_mean(judge([make([tf.random.normal((batch, latent)), classes], training=True), classes], training=False))
    of_generator.apply_gradients(zip(tape.gradient(fooled, [v.value for v in make.trainable_variables]), make.trainable_variables))
    for a, v in zip(average, make.trainable_variables):
        a.assign_add((1 - recipe["gan"]["average"]) * (v - a))
    return loss, hits, fooled


rng = np.random.default_rng(0)
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = rng.integers(0, len(labels), batch).astype(np.int32)
        start = time.perf_counter()
        [float(v) for v in step(chosen)]
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"peer": f"Keras {keras.__version__}, TensorFlow {tf.__version__}",
                      "parameters": sum(int(np.prod(v.shape)) for m in (make, judge) for v in m.trainable_variables), "ms": times[3:],
                      "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
