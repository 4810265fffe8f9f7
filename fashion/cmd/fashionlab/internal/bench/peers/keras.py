"""Times a training step of a recipe's model in Keras on TensorFlow: keras.py DATA STEPS RECIPE

Prints a line of JSON for each line on standard input, so that rounds can take turns with other programs. A step
gathers its images from memory, scales them, computes loss and accuracy, and updates with Nadam; one tf.function,
which was faster than train_on_batch, and than jit_compile. An augmentation is made of Keras's
layers in a tf.data pipeline that works ahead of the steps. The recipe is JSON.
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
batch, augmentation, rule = recipe["batch"], recipe.get("augmentation", {}), recipe["optimizer"]
images, labels = (np.frombuffer(part, np.uint8) for part in training(folder))
images = tf.constant(images.reshape(-1, 28, 28, 1))
labels = tf.constant(labels.astype(np.int32))


def stage(x, filters, dropout):
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
    return layers.Dropout(dropout)(layers.MaxPooling2D(2)(x))


def cnn(inputs):
    x = stage(inputs, 32, 0.1)
    x = stage(x, 64, 0.1)
    x = layers.Dense(128, activation="relu")(layers.Flatten()(x))
    return layers.Dense(10)(layers.Dropout(0.1)(x))


def resnet50(inputs):
    x = layers.Resizing(32, 32)(inputs) if recipe["model"].get("input") == "resize" else layers.ZeroPadding2D(2)(inputs)
    x = keras.applications.ResNet50(weights=None, include_top=False, input_shape=(32, 32, 1), pooling="avg")(x)
    return layers.Dense(10)(layers.Dropout(0.1)(x))


inputs = layers.Input((28, 28, 1))
model = keras.Model(inputs, {"cnn": cnn, "resnet50": resnet50}[recipe["model"]["name"]](inputs))
optimizer = keras.optimizers.Nadam(rule["rate"], rule["beta1"], rule["beta2"], weight_decay=rule["weight_decay"] or None)
optimizer.build(model.trainable_variables)


def draws(r):
    return (r["low"], r["high"])


fills = dict(fill_mode="constant", fill_value=0.0)
augment = []
if "rotation" in augmentation:
    augment.append(layers.RandomRotation(draws(augmentation["rotation"]), **fills))
if "translation_height" in augmentation:
    augment.append(layers.RandomTranslation(draws(augmentation["translation_height"]), draws(augmentation["translation_width"]), **fills))
if "cutout" in augmentation:
    cutout = augmentation["cutout"]
    augment.append(layers.RandomErasing((cutout["probability"],) * 2, draws(cutout["scale"]), fill_value=0.0, value_range=(0, 1)))


def read_batch(chosen):
    x = tf.cast(tf.gather(images, chosen), tf.float32) / 255
    for layer in augment:
        x = layer(x, training=True)
    return x, tf.gather(labels, chosen)


pipeline = tf.data.Dataset.range(len(labels)).shuffle(len(labels), seed=1).repeat().batch(batch)
pipeline = iter(pipeline.map(read_batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(tf.data.AUTOTUNE))


@tf.function
def step(x, y):
    with tf.GradientTape() as tape:
        logits = model(x, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(y, logits))
    optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
    return loss, tf.reduce_mean(tf.cast(tf.equal(tf.argmax(logits, 1, tf.int32), y), tf.float32))


@tf.function
def fed(chosen):
    return step(*read_batch(chosen))


rng = np.random.default_rng(0)
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = rng.integers(0, len(labels), batch).astype(np.int32)
        start = time.perf_counter()
        loss, accuracy = step(*next(pipeline)) if augment else fed(chosen)
        float(loss), float(accuracy)
        times.append(1000 * (time.perf_counter() - start))
    name = f"Keras {keras.__version__}" + (" + the same in tf.data" if augment else "") + f", TensorFlow {tf.__version__}"
    print(json.dumps({"peer": name, "parameters": sum(int(np.prod(v.shape)) for v in model.trainable_variables), "ms": times[3:],
                      "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
