"""Times a training step of the study's CNN in Keras on TensorFlow: keras_cnn.py DATA BATCH STEPS ROUNDS

Prints a line of JSON for each line on standard input, so that rounds can take turns with other programs. A step
gathers its images from memory, scales them, computes loss and accuracy, and updates with Nadam; one tf.function,
which was faster than train_on_batch, and than jit_compile.
"""
import gzip
import json
import os
import sys
import time

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy as np
import tensorflow as tf
from keras import layers

folder, batch, steps = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def read(name, offset):
    with gzip.open(os.path.join(folder, name)) as f:
        return np.frombuffer(f.read(), np.uint8)[offset:]


images = tf.constant(read("train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28, 1))
labels = tf.constant(read("train-labels-idx1-ubyte.gz", 8).astype(np.int32))


def stage(x, filters, dropout):
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.Dropout(dropout)(layers.MaxPooling2D(2)(x))


inputs = layers.Input((28, 28, 1))
x = stage(inputs, 32, 0.1)
x = stage(x, 64, 0.1)
x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
model = keras.Model(inputs, layers.Dense(10)(layers.Dropout(0.1)(x)))
optimizer = keras.optimizers.Nadam(0.001, 0.9, 0.99)
optimizer.build(model.trainable_variables)


@tf.function
def step(chosen):
    x = tf.cast(tf.gather(images, chosen), tf.float32) / 255
    y = tf.gather(labels, chosen)
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss, tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), y), tf.float32))


rng = np.random.default_rng(0)
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = rng.integers(0, len(labels), batch).astype(np.int32)
        start = time.perf_counter()
        loss, accuracy = step(chosen)
        float(loss), float(accuracy)
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"peer": f"Keras {keras.__version__}, TensorFlow {tf.__version__}", "parameters": model.count_params(), "ms": times[3:]}), flush=True)
