"""Times a step of a GAN (models/gan.go, "sngan" with the hinge loss) in PyTorch: torch_gan.py DATA STEPS RECIPE [DEVICE]

Prints a line of JSON for each line on standard input. A step gathers its images from memory, makes as many, updates the discriminator, makes others,
updates the generator by Adam, and moves its average. Channels last. The recipe is JSON; DEVICE is cpu or cuda, as in torch.py.
"""
import copy
import json
import os
import resource
import sys
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

folder, steps, recipe = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
batch, width, latent, rule = recipe["batch"], recipe["model"]["width"], recipe["model"]["latent"], recipe["optimizer"]
device = torch.device(sys.argv[4] if len(sys.argv) > 4 else "cpu")
torch.set_num_threads(os.cpu_count())
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True
images, labels = (torch.from_numpy(np.frombuffer(part, np.uint8).copy()).to(device) for part in training(folder))
images = images.reshape(-1, 1, 28, 28)
labels = labels.long()


class Modulated(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.code = nn.Linear(latent + 10, 2 * channels)

    def forward(self, x, code):
        x = x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6)
        gain, shift = self.code(code)[:, :, None, None].chunk(2, 1)
        return F.relu(x * (1 + gain) + shift)


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.start = nn.Linear(latent + 10, 49 * 4 * width)
        self.norms = nn.ModuleList(Modulated(c * width) for c in (4, 2, 1))
        self.conv1 = nn.Conv2d(4 * width, 2 * width, 3, padding=1)
        self.conv2 = nn.Conv2d(2 * width, width, 3, padding=1)
        self.image = nn.Conv2d(width, 1, 3, padding=1)

    def forward(self, z, classes):
        code = torch.cat([z, classes], 1)
        x = self.norms[0](self.start(code).reshape(-1, 7, 7, 4 * width).permute(0, 3, 1, 2), code)
        x = self.norms[1](self.conv1(F.interpolate(x, scale_factor=2)), code)
        x = self.norms[2](self.conv2(F.interpolate(x, scale_factor=2)), code)
        return torch.sigmoid(self.image(x))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = spectral_norm(nn.Conv2d(1, width, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(width, 2 * width, 3, padding=1))
        self.conv3 = spectral_norm(nn.Conv2d(2 * width, 4 * width, 3, padding=1))
        self.dense = spectral_norm(nn.Linear(49 * 4 * width, 4 * width))
        self.by_class = spectral_norm(nn.Linear(10, 4 * width))
        self.score = spectral_norm(nn.Linear(4 * width, 1))

    def forward(self, x, classes):
        x = F.avg_pool2d(F.leaky_relu(self.conv1(2 * x - 1), 0.1), 2)
        x = F.avg_pool2d(F.leaky_relu(self.conv2(x), 0.1), 2)
        x = F.leaky_relu(self.conv3(x), 0.1)
        x = F.leaky_relu(self.dense(x.flatten(1)), 0.1)
        return self.score(x)[:, 0] + (x * self.by_class(classes)).sum(1)


generator, discriminator = (net.to(device, memory_format=torch.channels_last) for net in (Generator(), Discriminator()))
average = copy.deepcopy(generator)
parameters = sum(p.numel() for net in (generator, discriminator) for p in net.parameters())
adam = dict(betas=(float(rule.get("beta1", 0)), rule["beta2"]), eps=rule["epsilon"])
of_generator = torch.optim.Adam(generator.parameters(), rule["rate"], **adam)
of_discriminator = torch.optim.Adam(discriminator.parameters(), recipe["gan"]["rate"], **adam)


def step(chosen):
    real = (images[chosen].float() / 255).contiguous(memory_format=torch.channels_last)
    classes = F.one_hot(labels[chosen], 10).float()
    with torch.no_grad():
        made = generator(torch.randn(batch, latent, device=device), classes)
    scores = discriminator(torch.cat([real, made]), torch.cat([classes, classes]))
    loss = (F.relu(1 - scores[:batch]).mean() + F.relu(1 + scores[batch:]).mean()) / 2
    of_discriminator.zero_grad(set_to_none=True)
    loss.backward()
    of_discriminator.step()
    hits = (scores[:batch] > 0).sum() + (scores[batch:] < 0).sum()

    for p in discriminator.parameters():
        p.requires_grad_(False)
    fooled = -discriminator(generator(torch.randn(batch, latent, device=device), classes), classes).mean()
    of_generator.zero_grad(set_to_none=True)
    fooled.backward()
    of_generator.step()
    for p in discriminator.parameters():
        p.requires_grad_(True)
    with torch.no_grad():
        torch._foreach_lerp_(list(average.parameters()), list(generator.parameters()), 1 - recipe["gan"]["average"])
    return loss.item(), int(hits), fooled.item()


rng = np.random.default_rng(0)
for _ in sys.stdin:
    times = []
    for _ in range(steps + 3):
        chosen = torch.from_numpy(rng.integers(0, len(labels), batch))
        start = time.perf_counter()
        step(chosen.to(device))
        times.append(1000 * (time.perf_counter() - start))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    print(json.dumps({"peer": f"PyTorch {torch.__version__}, {name}", "parameters": parameters, "ms": times[3:],
                      "memory": 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}), flush=True)
