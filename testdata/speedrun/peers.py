"""Trains the residual network of a recipe in PyTorch or Keras: peers.py torch|keras RUN DATA OUT [STEPS]

RUN is the folder of a finished run: its recipe.json is followed, and the images of its predictions/validation.npz are held out. DATA has the
files of Fashion-MNIST. OUT becomes a history as `fashionlab bench -speedrun` reads it. With STEPS the training ends after so many. Seconds are those of
training and validation, as in the histories of runs; a first step with a learning rate of 0, which compiles, is made before. Fields that are
not followed here end the script.
"""
import gzip
import json
import math
import os
import sys
import time

import numpy as np

library, run, data, out = sys.argv[1:5]
limit = int(sys.argv[5]) if len(sys.argv) > 5 else 0
recipe = json.load(open(os.path.join(run, "recipe.json")))
followed = {"model": {"name", "dropout", "width", "drop_path", "mirror", "shifts"}, "data": {"validation", "split_seed"},
            "augmentation": {"flip", "crop", "cutout"}, "regularization": {"label_smoothing"},
            "optimizer": {"name", "rate", "beta1", "beta2", "epsilon", "weight_decay", "ema"}, "schedule": {"name", "min_rate", "warmup"},
            "epochs": None, "batch": None, "seed": None, "keep": None}
for part, fields in recipe.items():
    if part not in followed or followed[part] and set(fields) - followed[part]:
        sys.exit(f"{part} is {fields}, of which this script follows {followed.get(part)}")
network, augmentation, rule, schedule = (recipe.get(part, {}) for part in ("model", "augmentation", "optimizer", "schedule"))
cutout = augmentation.get("cutout", {"probability": 0, "scale": {"low": 0, "high": 0}})
for ok, what in ((network["name"] == "residual", "model.name"), (rule["name"] == "nadam", "optimizer.name"), (schedule["name"] == "cosine", "schedule.name"),
                 (augmentation.get("flip") in (None, "alternating"), "augmentation.flip"), (cutout.get("count", 1) == 1, "augmentation.cutout")):
    if not ok:
        sys.exit(f"{what} is one that this script does not follow")
smoothing, decay = recipe.get("regularization", {}).get("label_smoothing", 0), rule.get("ema", 0)
batch, width, dropout, drop_path = recipe["batch"], network.get("width", 32), network["dropout"], network.get("drop_path", 0)


def read(name, offset):
    path = os.path.join(data, name)
    with gzip.open(path + ".gz") if os.path.exists(path + ".gz") else open(path, "rb") as f:
        return np.frombuffer(f.read(), np.uint8)[offset:]


images, labels = read("train-images-idx3-ubyte", 16).reshape(-1, 28, 28), read("train-labels-idx1-ubyte", 8).astype(np.int64)
held = np.flatnonzero(np.load(os.path.join(run, "predictions", "validation.npz"))["mask"])
training = np.setdiff1d(np.arange(len(labels)), held)
per_epoch = math.ceil(len(training) / batch)
steps = recipe["epochs"] * per_epoch
rng = np.random.default_rng(recipe["seed"])
first = rng.random(len(labels)) < 0.5  # which images the alternating flip mirrors in odd epochs


def rate(step):
    warmup = schedule.get("warmup", 0)
    if step < warmup:
        return rule["rate"] * (step + 1) / warmup
    low = schedule.get("min_rate", 0)
    return low + (rule["rate"] - low) * (1 + math.cos(math.pi * (step - warmup) / max(steps - warmup, 1))) / 2


def fraction(step):
    """By how much the average of the weights moves."""
    return 1 - min(decay, (1 + step) / (10 + step))


def batch_of(chosen, epoch):
    """Images [B, 28, 28] in [0, 1], flipped, moved by whole pixels, and erased."""
    x, n, crop = images[chosen], len(chosen), augmentation.get("crop", 0)
    if augmentation.get("flip"):
        mirrored = first[chosen] == (epoch % 2 == 1)
        x = np.where(mirrored[:, None, None], x[:, :, ::-1], x)
    padded = np.pad(x, ((0, 0), (crop, crop), (crop, crop)))
    down, right = (rng.integers(0, 2 * crop + 1, (n, 1)) + np.arange(28) for _ in range(2))
    x = padded[np.arange(n)[:, None, None], down[:, :, None], right[:, None, :]].astype(np.float32) / 255
    side = [np.sqrt(rng.uniform(cutout["scale"]["low"], cutout["scale"]["high"], n)) for _ in range(2)]
    inside = []
    for s in side:
        begin = rng.random(n) * (1 - s)
        pixel = np.arange(28)[None]
        inside.append((pixel >= 28 * begin[:, None]) & (pixel < 28 * (begin + s)[:, None]))
    erased = (rng.random(n) < cutout["probability"])[:, None, None] & inside[0][:, :, None] & inside[1][:, None, :]
    return np.where(erased, np.float32(0), x), labels[chosen]


def views(x):
    """The test-time augmentation: views of images [B, 28, 28], each with its weight."""
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    all_views = [(x, 0.5), (padded[:, :28, :28], 0.25), (padded[:, 2:, 2:], 0.25)] if network.get("shifts") else [(x, 1)]
    if network.get("mirror"):
        all_views = [(v, w / 2) for view, w in all_views for v, w in ((view, w), (view[:, :, ::-1], w))]
    return all_views


def accuracy(logits):
    """Of a function from images to logits, on the images that are held out."""
    right = 0
    for i in range(0, len(held), 1000):
        chosen = held[i:i + 1000]
        x = images[chosen].astype(np.float32) / 255
        right += int((sum(w * logits(np.ascontiguousarray(v)) for v, w in views(x)).argmax(1) == labels[chosen]).sum())
    return right / len(held)


def in_torch():
    import torch
    from torch import nn
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.manual_seed(recipe["seed"])

    def conv(channels, filters):
        return nn.Sequential(nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters, eps=1.001e-5, momentum=0.01), nn.ReLU(inplace=True))

    class Block(nn.Module):
        def __init__(self, filters, drop):
            super().__init__()
            self.branch, self.drop = nn.Sequential(conv(filters, filters), conv(filters, filters)), drop

        def forward(self, x):
            y = self.branch(x)
            if self.training and self.drop:
                y = y * (torch.rand(len(y), 1, 1, 1) >= self.drop) / (1 - self.drop)
            return x + y

    def stage(channels, filters, drop):
        return [conv(channels, filters), Block(filters, drop)]

    w = width
    model = nn.Sequential(conv(1, w), conv(w, w), nn.MaxPool2d(2), *stage(w, 2 * w, 0), nn.MaxPool2d(2), *stage(2 * w, 4 * w, drop_path / 2), nn.ZeroPad2d((0, 1, 0, 1)),
                          nn.MaxPool2d(2), *stage(4 * w, 8 * w, drop_path), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(dropout), nn.Linear(8 * w, 10))
    model = model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.NAdam(model.parameters(), rule["rate"], (rule["beta1"], rule["beta2"]), rule["epsilon"], rule["weight_decay"], momentum_decay=1.0,
                                  decoupled_weight_decay=True, foreach=True)
    average = [t.clone() for t in model.state_dict().values()]

    def tensor(x):
        return torch.from_numpy(x)[:, None].contiguous(memory_format=torch.channels_last)

    def step(x, y, rate, moved):
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(tensor(x)), torch.from_numpy(y), label_smoothing=smoothing)
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            for a, t in zip(average, model.state_dict().values()):
                a.lerp_(t, moved) if a.is_floating_point() else a.copy_(t)
        return loss.item()

    def validate():
        now = [t.clone() for t in model.state_dict().values()]
        model.load_state_dict(dict(zip(model.state_dict(), average)))
        model.eval()
        with torch.inference_mode():
            result = accuracy(lambda x: model(tensor(x)).numpy())
        model.load_state_dict(dict(zip(model.state_dict(), now)))
        return result

    return f"PyTorch {torch.__version__}", sum(p.numel() for p in model.parameters()), step, validate


def in_keras():
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow as tf
    from keras import layers
    keras.utils.set_random_seed(recipe["seed"])

    def conv(x, filters):
        return layers.ReLU()(layers.BatchNormalization(momentum=0.99, epsilon=1.001e-5)(layers.Conv2D(filters, 3, padding="same")(x)))

    def stage(x, filters, drop):
        x = conv(x, filters)
        y = conv(conv(x, filters), filters)
        if drop:  # of an image as a whole
            y = layers.Dropout(drop, noise_shape=(None, 1, 1, 1))(y)
        return layers.Add()([x, y])

    inputs = layers.Input((28, 28, 1))
    x = layers.MaxPooling2D(2)(conv(conv(inputs, width), width))
    x = layers.MaxPooling2D(2)(stage(x, 2 * width, 0))
    x = layers.ZeroPadding2D(((0, 1), (0, 1)))(stage(x, 4 * width, drop_path / 2))
    x = stage(layers.MaxPooling2D(2)(x), 8 * width, drop_path)
    model = keras.Model(inputs, layers.Dense(10)(layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))))
    optimizer = keras.optimizers.Nadam(rule["rate"], rule["beta1"], rule["beta2"], rule["epsilon"], weight_decay=rule["weight_decay"] or None)
    optimizer.build(model.trainable_variables)
    kept = model.trainable_variables + [v for v in model.non_trainable_variables if "moving" in v.path]
    average = [tf.Variable(v.value) for v in kept]

    @tf.function
    def update(x, y, moved):
        with tf.GradientTape() as tape:
            target = tf.one_hot(y, 10) * (1 - smoothing) + smoothing / 10
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(target, model(x, training=True)))
        optimizer.apply_gradients(zip(tape.gradient(loss, model.trainable_variables), model.trainable_variables))
        for a, v in zip(average, kept):
            a.assign_add(moved * (v.value - a))
        return loss

    @tf.function
    def logits(x):
        return model(x, training=False)

    def step(x, y, rate, moved):
        optimizer.learning_rate.assign(rate)
        return float(update(tf.constant(x[..., None]), tf.constant(y), tf.constant(moved, tf.float32)))

    def validate():
        now = [tf.identity(v.value) for v in kept]
        for v, a in zip(kept, average):
            v.assign(a)
        result = accuracy(lambda x: logits(tf.constant(x[..., None])).numpy())
        for v, value in zip(kept, now):
            v.assign(value)
        return result

    return f"Keras {keras.__version__}, TensorFlow {tf.__version__}", model.count_params() - sum(int(np.prod(v.shape)) for v in model.non_trainable_variables if "moving" in v.path), step, validate


name, parameters, step, validate = {"torch": in_torch, "keras": in_keras}[library]()
history, done = [], 0
x, y = batch_of(training[:batch], 1)
step(x, y, 0.0, 1.0)  # compiles; a rate of 0 moves no weight, and 1 takes the average as it is
for epoch in range(1, recipe["epochs"] + 1):
    begin, order, losses = time.perf_counter(), rng.permutation(training), []
    order = np.concatenate([order, order[:-len(order) % batch]])
    for i in range(per_epoch):
        losses.append(step(*batch_of(order[i * batch:(i + 1) * batch], epoch), rate(done), fraction(done)))
        done += 1
        if done == limit:
            break
    history.append({"epoch": epoch, "loss": float(np.mean(losses)), "validation_accuracy": validate(), "seconds": time.perf_counter() - begin})
    print(name, history[-1], flush=True)
    with open(out, "w") as f:
        json.dump({"name": name, "parameters": parameters, "history": history}, f, indent=1)
    if done == limit:
        break
