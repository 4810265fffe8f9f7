"""Makes reference.json: what PyTorch, torchvision and timm make of the ingredients of a training.

    python make.py    # torch 2.15, torchvision 0.29.2, timm 1.0.31
"""

import json
import math

import numpy as np
import timm
import torch
import torch.nn.functional as F
import torchvision
from timm.data.mixup import cutmix_bbox_and_lam, mixup_target
from timm.layers import SEModule
from torch.optim import swa_utils
from torch.optim.lr_scheduler import CosineAnnealingLR, ExponentialLR, LinearLR, SequentialLR, StepLR
from torchvision.transforms import functional as T

rng = np.random.default_rng(1)
out = {"torch": torch.__version__.split("+")[0], "torchvision": torchvision.__version__.split("+")[0], "timm": timm.__version__}


def normal(*shape, scale=1.0):
    return torch.tensor(rng.normal(0, scale, shape).round(4).astype(np.float32))


def numbers(t):
    return [round(float(v), 7) for v in torch.as_tensor(t).detach().numpy().ravel()]


def channels_last(t):
    return t.permute(0, 2, 3, 1)


# Label smoothing: the loss of each row and the gradient of their sum.
logits, labels = normal(4, 10, scale=3).requires_grad_(), [3, 0, 9, 3]
cases = []
for smoothing in (0.0, 0.1, 0.4):
    losses = F.cross_entropy(logits, torch.tensor(labels), reduction="none", label_smoothing=smoothing)
    gradient, = torch.autograd.grad(losses.sum(), logits)
    cases.append({"smoothing": smoothing, "losses": numbers(losses), "gradient": numbers(gradient)})
out["label_smoothing"] = {"logits": numbers(logits), "labels": labels, "cases": cases}

# Clipping by the global norm.
gradients = [normal(3, 2), normal(5), normal(1)]
cases = []
for limit in (0.5, 2.0, 100.0):
    parameters = [torch.zeros_like(g).requires_grad_() for g in gradients]
    for p, g in zip(parameters, gradients):
        p.grad = g.clone()
    torch.nn.utils.clip_grad_norm_(parameters, limit)
    cases.append({"limit": limit, "clipped": [numbers(p.grad) for p in parameters]})
out["clip"] = {"gradients": [numbers(g) for g in gradients], "cases": cases}


# Warm-up: the learning rate of each step.
def warmed(name, schedule, rate, warmup, steps, then):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=rate)
    rise = LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
    both = SequentialLR(optimizer, [rise, then(optimizer)], milestones=[warmup])
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        both.step()
    return {"schedule": {"name": name, "warmup": warmup, **schedule}, "rate": rate, "steps": steps, "rates": rates}


out["warmup"] = [
    warmed("cosine", {"min_rate": 1e-4}, 0.02, 5, 25, lambda o: CosineAnnealingLR(o, 20, eta_min=1e-4)),
    warmed("exponential", {"factor": 0.5, "every": 4}, 0.1, 3, 20, lambda o: ExponentialLR(o, 0.5 ** 0.25)),
    warmed("step", {"factor": 0.1, "every": 6}, 0.01, 7, 30, lambda o: StepLR(o, 6, 0.1)),
]

# The average of a parameter and of running statistics, from their first values on.
cases = []
for decay in (0.5, 0.99):
    model = torch.nn.BatchNorm1d(2)
    average = swa_utils.AveragedModel(model, avg_fn=lambda a, p, n: a + (p - a) * (1 - min(decay, n / (9 + n))), use_buffers=True)
    values, averages = [], []
    for step in range(30):
        weight, mean = normal(2), normal(2)
        with torch.no_grad():
            model.weight.copy_(weight)
            model.running_mean.copy_(mean)
        average.update_parameters(model)  # the first call copies
        values.append(numbers(torch.cat([weight, mean])))
        averages.append(numbers(torch.cat([average.module.weight, average.module.running_mean])))
    cases.append({"decay": decay, "values": values, "averages": averages})
out["ema"] = cases

# Mixup and CutMix of batches of images, as timm's Mixup does them in the mode "batch".
images, labels = torch.tensor(rng.random((4, 1, 7, 6)).round(3).astype(np.float32)), torch.tensor([1, 0, 2, 9])
cases = []
for kind, fraction in (("mixup", 0.3), ("mixup", 0.85), ("cutmix", 0.2), ("cutmix", 0.5), ("cutmix", 0.97)):
    case = {"kind": kind, "fraction": fraction}
    mixed = images.clone()
    if kind == "mixup":
        kept = fraction
        mixed = images * kept + images.flip(0) * (1 - kept)
    else:
        state = np.random.RandomState(len(cases))
        draws = []
        np.random.randint = lambda low, high, size=None: draws.append(int(state.randint(low, high))) or draws[-1]
        (top, bottom, left, right), kept = cutmix_bbox_and_lam(images.shape, fraction)
        mixed[:, :, top:bottom, left:right] = images.flip(0)[:, :, top:bottom, left:right]
        case |= {"y": draws[0], "x": draws[1], "box": [int(v) for v in (top, bottom, left, right)]}
    targets = mixup_target(labels, 10, kept, 0.1)
    logits = normal(4, 10)
    losses = -(targets * F.log_softmax(logits, -1)).sum(-1)
    cases.append(case | {"kept": float(kept), "mixed": numbers(channels_last(mixed)), "logits": numbers(logits), "losses": numbers(losses)})
out["mixing"] = {"images": numbers(channels_last(images)), "labels": [int(l) for l in labels], "smoothing": 0.1, "cases": cases}

# Crops by whole pixels from an image with a black border of 2, and flips.
cases = []
for top, left, flip in ((0, 0, False), (2, 2, False), (4, 1, False), (3, 4, True), (2, 2, True)):
    cropped = T.crop(T.pad(images, 2), top, left, 7, 6)
    cropped = T.hflip(cropped) if flip else cropped
    cases.append({"down": 2 - top, "right": (2 - left) * (-1 if flip else 1), "flip": flip, "cropped": numbers(channels_last(cropped))})
out["crop"] = {"images": numbers(channels_last(images)), "cases": cases}

# Squeeze-and-excitation of maps, with its gradients.
module = SEModule(8, rd_channels=2)
with torch.no_grad():
    for p in module.parameters():
        p.copy_(normal(*p.shape))
x, dy = normal(2, 8, 3, 3).requires_grad_(), normal(2, 8, 3, 3)
y = module(x)
dx, dk1 = torch.autograd.grad((y * dy).sum(), [x, module.fc1.weight])
out["squeeze"] = {
    "x": numbers(channels_last(x)), "dy": numbers(channels_last(dy)), "y": numbers(channels_last(y)), "dx": numbers(channels_last(dx)),
    "weights": {"squeeze/kernel": numbers(module.fc1.weight[:, :, 0, 0].T), "squeeze/bias": numbers(module.fc1.bias),
                "excite/kernel": numbers(module.fc2.weight[:, :, 0, 0].T), "excite/bias": numbers(module.fc2.bias)},
    "dsqueeze": numbers(dk1[:, :, 0, 0].T)}


# A block of a wide residual network that changes shape, and one that does not (Zagoruyko and Komodakis 2016), with batch normalization as the study has it.
def block(filters, stride):
    c, shapes = 4, {}
    shapes["norm1"], shapes["norm2"] = c, filters
    weights = {}
    for name, channels in shapes.items():
        weights |= {f"{name}/gamma": normal(channels) + 1, f"{name}/beta": normal(channels), f"{name}/moving_mean": normal(channels),
                    f"{name}/moving_variance": normal(channels).abs() + 0.5}
    weights |= {"conv1/kernel": normal(filters, c, 3, 3, scale=0.3), "conv1/bias": normal(filters),
                "conv2/kernel": normal(filters, filters, 3, 3, scale=0.3), "conv2/bias": normal(filters)}
    changes = filters != c or stride > 1
    if changes:
        weights |= {"shortcut/kernel": normal(filters, c, 1, 1, scale=0.3), "shortcut/bias": normal(filters)}
    trained = [n for n in weights if "moving" not in n]
    for n in trained:
        weights[n].requires_grad_()
    x = normal(3, c, 4, 4).requires_grad_()

    def forward(training):
        def norm(name, x):
            w = lambda part: weights[f"{name}/{part}"]
            return F.relu(F.batch_norm(x, w("moving_mean").clone(), w("moving_variance").clone(), w("gamma"), w("beta"), training, eps=1.001e-5))
        h = norm("norm1", x)
        y = F.conv2d(h, weights["conv1/kernel"], weights["conv1/bias"], stride=stride, padding=1)
        y = F.conv2d(norm("norm2", y), weights["conv2/kernel"], weights["conv2/bias"], padding=1)
        return y + (F.conv2d(h, weights["shortcut/kernel"], weights["shortcut/bias"], stride=stride) if changes else x)

    last = lambda n, t: t.permute(2, 3, 1, 0) if n.endswith("kernel") else t
    inference, training = forward(False), forward(True)
    dy = normal(*training.shape)
    gradients = torch.autograd.grad((training * dy).sum(), [x] + [weights[n] for n in trained])
    named = lambda pairs: {n: {"shape": list(last(n, t).shape), "values": numbers(last(n, t))} for n, t in pairs}
    return {"filters": filters, "stride": stride, "x": numbers(channels_last(x)), "dy": numbers(channels_last(dy)), "weights": named(weights.items()),
            "inference": numbers(channels_last(inference)), "training": numbers(channels_last(training)), "dx": numbers(channels_last(gradients[0])),
            "gradients": named(zip(trained, gradients[1:]))}


out["wide_block"] = [block(6, 2), block(4, 1)]

# Test-time augmentation: the logits of a linear model on an image, its mirror image and both shifted by a pixel, as airbench's infer_mirror_translate weights them.
images = torch.tensor(rng.random((2, 1, 28, 28)).round(3).astype(np.float32))
weights = torch.tensor([[math.sin(0.37 * i * (k + 1)) for k in range(10)] for i in range(784)], dtype=torch.float32)
model = lambda x: torch.tanh(x.flatten(1) @ weights)
mirror = lambda x: 0.5 * model(x) + 0.5 * model(x.flip(-1))
padded = F.pad(images, (1, 1, 1, 1))
shifted = (mirror(padded[:, :, 0:28, 0:28]) + mirror(padded[:, :, 2:30, 2:30])) / 2
out["tta"] = {"images": numbers(images * 1000), "mirror": numbers(mirror(images)), "shifted": numbers(0.5 * mirror(images) + 0.5 * shifted)}

# Distillation: the loss of each row and the gradient of their sum, with the mean of two teachers' tempered predictions.
student, teachers = normal(4, 10, scale=3).requires_grad_(), [normal(4, 10, scale=3), normal(4, 10, scale=3)]
taught, cases = [3, 0, 9, 3], []
for weight, temperature in ((0.5, 1.0), (0.9, 4.0), (1.0, 2.0)):
    soft = sum(F.softmax(t / temperature, -1) for t in teachers) / len(teachers)
    hard = F.cross_entropy(student, torch.tensor(taught), reduction="none")
    losses = (1 - weight) * hard + weight * temperature**2 * F.cross_entropy(student / temperature, soft, reduction="none")
    gradient, = torch.autograd.grad(losses.sum(), student)
    cases.append({"weight": weight, "temperature": temperature, "soft": numbers(soft), "losses": numbers(losses), "gradient": numbers(gradient)})
out["distillation"] = {"logits": numbers(student), "labels": taught, "cases": cases}

with open("reference.json", "w") as f:
    json.dump(out, f)
    f.write("\n")
