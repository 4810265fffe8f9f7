"""Times a training step of a recipe's model in PyTorch, ConvNeXt by timm: torch.py DATA STEPS RECIPE

Prints a line of JSON for each line on standard input. As keras.py; channels last, the optimizer over all tensors
at once (foreach).
"""
import gzip
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
torch.set_num_threads(os.cpu_count())


def read(name, offset):
    with gzip.open(os.path.join(folder, name)) as f:
        return np.frombuffer(f.read(), np.uint8)[offset:].copy()


images = torch.from_numpy(read("train-images-idx3-ubyte.gz", 16)).reshape(-1, 1, 28, 28)
labels = torch.from_numpy(read("train-labels-idx1-ubyte.gz", 8)).long()


def stage(channels, filters, dropout):
    return [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True),
            nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(inplace=True), nn.MaxPool2d(2), nn.Dropout(dropout)]


def cnn(_):
    return nn.Sequential(*stage(1, 32, 0.1), *stage(32, 64, 0.1), nn.Flatten(), nn.Linear(3136, 128), nn.ReLU(inplace=True),
                         nn.Dropout(0.1), nn.Linear(128, 10))


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


model = {"cnn": cnn, "convnext": Enlarged}[recipe["model"]["name"]](recipe["model"]).to(memory_format=torch.channels_last)
rule = recipe["optimizer"]
optimizer = torch.optim.NAdam(model.parameters(), rule["rate"], (rule["beta1"], rule["beta2"]), weight_decay=rule["weight_decay"],
                              decoupled_weight_decay=True, foreach=True)

rng = np.random.default_rng(0)
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = torch.from_numpy(rng.integers(0, len(labels), batch))
        start = time.perf_counter()
        x = (images[chosen].float() / 255).contiguous(memory_format=torch.channels_last)
        y = labels[chosen]
        optimizer.zero_grad()
        logits = model(x)
        loss = nn.functional.cross_entropy(logits, y)
        loss.backward()
        optimizer.step()
        float(loss), float((logits.argmax(1) == y).float().mean())
        times.append(1000 * (time.perf_counter() - start))
    print(json.dumps({"peer": f"PyTorch {torch.__version__}", "parameters": sum(p.numel() for p in model.parameters()), "ms": times[3:],
                      "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
