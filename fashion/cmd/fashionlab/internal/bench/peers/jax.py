"""Times a training step of a recipe's model in JAX alone: jax.py DATA STEPS RECIPE [DEVICE]

Prints a line of JSON for each line on standard input, as keras.py. The images lie on the device; a step gathers and scales its own, computes loss and
accuracy, and updates with Nadam (Dozat, "Incorporating Nesterov Momentum into Adam", 2016) in one compiled function that overwrites what it updates. On a
GPU the default precision is TF32, as ours. DEVICE is cpu or cuda. The recipe is JSON, its model cnn, residual or resnet50.
"""
import json
import os
import resource
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

folder, steps, recipe = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
batch, options, rule = recipe["batch"], recipe["model"], recipe["optimizer"]
if sys.argv[4:] == ["cuda"] and jax.default_backend() != "gpu":
    sys.exit("JAX sees no GPU")
images, labels = (np.frombuffer(part, np.uint8) for part in training(folder))
images = jnp.asarray(images.reshape(-1, 28, 28, 1))
labels = jnp.asarray(labels.astype(np.int32))


class Net:
    """Builds a network: with parameters that it draws, or with those that it is given. Running statistics are among the parameters, without gradients."""

    def __init__(self, key, parameters=None):
        self.key, self.given, self.made, self.moved, self.count = key, parameters, [], [], 0

    def parameter(self, shape, fan_in=0, fan_out=0, value=0.0):
        if self.given is not None:
            self.count += 1
            return self.given[self.count - 1]
        p = jnp.full(shape, value)
        if fan_in:
            self.key, key = jax.random.split(self.key)
            limit = (6 / (fan_in + fan_out)) ** 0.5
            p = jax.random.uniform(key, shape, minval=-limit, maxval=limit)
        self.made.append(p)
        return p

    def conv(self, x, filters, side=3, stride=1):
        inputs, border = x.shape[3], side // 2
        kernel = self.parameter((side, side, inputs, filters), side * side * inputs, side * side * filters)
        y = lax.conv_general_dilated(x, kernel, (stride, stride), [(border, border)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return y + self.parameter((filters,))

    def dense(self, x, units):
        return x @ self.parameter((x.shape[1], units), x.shape[1], units) + self.parameter((units,))

    def norm(self, x):
        c = x.shape[3:]
        gamma, beta = self.parameter(c, value=1.0), self.parameter(c)
        mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
        for statistic, start in ((mean, 0.0), (variance, 1.0)):
            self.moved.append((self.count, 0.99 * lax.stop_gradient(self.parameter(c, value=start)) + 0.01 * lax.stop_gradient(statistic)))
        return (x - mean) * (gamma * lax.rsqrt(variance + 1.001e-5)) + beta

    def dropout(self, x):
        self.key, key = jax.random.split(self.key)
        keep = 1 - options["dropout"]
        return jnp.where(jax.random.bernoulli(key, keep, x.shape), x / keep, 0)


def pool(x, side=2, border=0):
    return lax.reduce_window(x, -jnp.inf, lax.max, (1, side, side, 1), (1, 2, 2, 1), [(0, 0), (border, border), (border, border), (0, 0)])


def cnn(n, x):
    for filters in (32, 64):
        x = jax.nn.relu(n.conv(jax.nn.relu(n.conv(x, filters)), filters))
        x = n.dropout(pool(x))
    return n.dense(n.dropout(jax.nn.relu(n.dense(x.reshape(len(x), -1), 128))), 10)


def residual(n, x):
    def conv(x, filters):
        return jax.nn.relu(n.norm(n.conv(x, filters)))

    def stage(x, filters):
        x = conv(x, filters)
        return x + conv(conv(x, filters), filters)
    width = options.get("width") or 32
    x = pool(stage(pool(conv(conv(x, width), width)), 2 * width))
    x = jnp.pad(stage(x, 4 * width), ((0, 0), (0, 1), (0, 1), (0, 0)))
    return n.dense(n.dropout(stage(pool(x), 8 * width).mean((1, 2))), 10)


def resnet50(n, x):
    def conv(x, filters, side, stride=1):
        return n.norm(n.conv(x, filters, side, stride))
    x = jax.image.resize(x, (len(x), 32, 32, 1), "bilinear") if options.get("input") == "resize" else jnp.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    x = jax.nn.relu(conv(x, 64, 3)) if options.get("stem") == "small" else pool(jax.nn.relu(conv(x, 64, 7, 2)), 3, 1)
    for filters, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for i in range(blocks):
            shortcut = conv(x, 4 * filters, 1, stride) if i == 0 else x
            y = jax.nn.relu(conv(x, filters, 1, stride))
            x = jax.nn.relu(shortcut + conv(jax.nn.relu(conv(y, filters, 3)), 4 * filters, 1))
            stride = 1
    return n.dense(n.dropout(x.mean((1, 2))), 10)


network = {"cnn": cnn, "residual": residual, "resnet50": resnet50}[options["name"]]


def draw(key):
    n = Net(key)
    network(n, jnp.zeros((2, 28, 28, 1)))
    return n.made, [statistic for _, statistic in n.moved]


parameters, statistics = jax.jit(draw)(jax.random.PRNGKey(0))
trained = sum(p.size for p in parameters) - sum(s.size for s in statistics)
means, squares = [jnp.zeros_like(p) for p in parameters], [jnp.zeros_like(p) for p in parameters]


def update(parameters, means, squares, number, chosen):
    x, y = images[chosen].astype(jnp.float32) / 255, labels[chosen]

    def loss(parameters):
        n = Net(jax.random.fold_in(jax.random.PRNGKey(1), number), parameters)
        logits = network(n, x)
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], 1).mean(), (logits, dict(n.moved))
    (value, (logits, moved)), gradients = jax.value_and_grad(loss, has_aux=True)(parameters)
    t, b1, b2 = number + 1.0, rule.get("beta1", 0.0), rule["beta2"]
    for i, g in enumerate(gradients):
        if i in moved:
            parameters[i] = moved[i]
            continue
        means[i], squares[i] = b1 * means[i] + (1 - b1) * g, b2 * squares[i] + (1 - b2) * g * g
        ahead = b1 * means[i] / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1 ** t)
        change = ahead / (jnp.sqrt(squares[i] / (1 - b2 ** t)) + 1e-7) + rule["weight_decay"] * parameters[i]
        parameters[i] = parameters[i] - rule["rate"] * change
    return parameters, means, squares, jnp.stack([value, (logits.argmax(1) == y).mean()])


update = jax.jit(update, donate_argnums=(0, 1, 2))
rng, number = np.random.default_rng(0), 0
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = rng.integers(0, len(labels), batch).astype(np.int32)
        start = time.perf_counter()
        parameters, means, squares, told = update(parameters, means, squares, number, chosen)
        told = np.asarray(told)
        times.append(1000 * (time.perf_counter() - start))
        number += 1
    if not np.isfinite(told).all():
        sys.exit(f"the loss is {told[0]} after {number} steps")
    print(json.dumps({"peer": f"JAX {jax.__version__}, {jax.devices()[0].device_kind}", "parameters": trained, "ms": times[3:],
                      "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
