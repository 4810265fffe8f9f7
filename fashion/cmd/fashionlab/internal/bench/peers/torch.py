"""Times a training step of a recipe's model in PyTorch, ConvNeXt by timm: torch.py DATA STEPS RECIPE [DEVICE]

Prints a line of JSON for each line on standard input. As keras.py; channels last, the optimizer over all tensors
at once (foreach). DEVICE is cpu or cuda; on a GPU the images lie on it, in TF32, with cuDNN's fastest algorithms.
"""
import json
import os
import resource
import sys
import time

import numpy as np
import torch
from torch import nn

folder, steps, recipe = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
batch = recipe["batch"]
device = torch.device(sys.argv[4] if len(sys.argv) > 4 else "cpu")
torch.set_num_threads(os.cpu_count())
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
images, labels = (torch.from_numpy(np.frombuffer(part, np.uint8).copy()).to(device) for part in training(folder))
images = images.reshape(-1, 1, 28, 28)
labels = labels.long()


def stage(channels, filters, dropout):
    return [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(dropout)]


def cnn(_):
    return nn.Sequential(*stage(1, 32, 0.1), *stage(32, 64, 0.1), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(inplace=True),
                         nn.Dropout(0.1), nn.Linear(128, 10))


def conv(channels, filters, side=3, stride=1, relu=True):
    """A convolution, its normalization, and its activation if wanted."""
    parts = [nn.Conv2d(channels, filters, side, stride, side // 2), nn.BatchNorm2d(filters, eps=1.001e-5, momentum=0.01)]
    return nn.Sequential(*parts, nn.ReLU(inplace=True)) if relu else nn.Sequential(*parts)


class Sum(nn.Module):
    """The sum of two branches."""

    def __init__(self, shortcut, branch):
        super().__init__()
        self.shortcut, self.branch = shortcut, branch

    def forward(self, x):
        return self.shortcut(x) + self.branch(x)


def residual(options):
    def stage(channels, filters):
        return nn.Sequential(conv(channels, filters), Sum(nn.Identity(), nn.Sequential(conv(filters, filters), conv(filters, filters))))
    w = options.get("width") or 32
    return nn.Sequential(conv(1, w), conv(w, w), nn.MaxPool2d(2), stage(w, 2 * w), nn.MaxPool2d(2), stage(2 * w, 4 * w), nn.ZeroPad2d((0, 1, 0, 1)),
                         nn.MaxPool2d(2), stage(4 * w, 8 * w), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(options["dropout"]), nn.Linear(8 * w, 10))


def resnet50(options):
    parts = [nn.Upsample(32, mode="bilinear") if options.get("input") == "resize" else nn.ZeroPad2d(2)]
    parts += [conv(1, 64)] if options.get("stem") == "small" else [conv(1, 64, 7, 2), nn.MaxPool2d(3, 2, 1)]
    channels = 64
    for filters, blocks, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for i in range(blocks):
            shortcut = conv(channels, 4 * filters, 1, stride, relu=False) if i == 0 else nn.Identity()
            branch = nn.Sequential(conv(channels, filters, 1, stride), conv(filters, filters), conv(filters, 4 * filters, 1, relu=False))
            parts += [Sum(shortcut, branch), nn.ReLU()]
            channels, stride = 4 * filters, 1
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(options["dropout"]), nn.Linear(2048, 10))


class Enlarged(nn.Module):
    """timm's ConvNeXt on grey images, resized, in three channels, normalized."""

    def __init__(self, options):
        super().__init__()
        import timm
        self.side = options.get("side", 32)
        self.net = timm.create_model("convnext_" + options["size"], num_classes=10, drop_rate=options["dropout"])
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1))

    def forward(self, x):
        x = nn.functional.interpolate(x, (self.side, self.side), mode="bilinear")
        return self.net(((x - self.mean) / self.deviation).contiguous(memory_format=torch.channels_last))


networks = {"cnn": cnn, "residual": residual, "resnet50": resnet50, "convnext": Enlarged}
model = networks[recipe["model"]["name"]](recipe["model"]).to(device, memory_format=torch.channels_last)
rule = recipe["optimizer"]
optimizer = torch.optim.NAdam(model.parameters(), rule["rate"], (rule["beta1"], rule["beta2"]), weight_decay=rule["weight_decay"],
                              decoupled_weight_decay=True, foreach=True)

rng = np.random.default_rng(0)
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = torch.from_numpy(rng.integers(0, len(labels), batch))
        start = time.perf_counter()
        chosen = chosen.to(device)
        x = (images[chosen].float() / 255).contiguous(memory_format=torch.channels_last)
        y = labels[chosen]
        optimizer.zero_grad()
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        loss.item(), float((logits.argmax(1) == y).float().mean())
        times.append(1000 * (time.perf_counter() - start))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    print(json.dumps({"peer": f"PyTorch {torch.__version__}, {name}", "parameters": sum(p.numel() for p in model.parameters()), "ms": times[3:],
                      "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
