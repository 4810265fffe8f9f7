"""A network of fashionlab in PyTorch, from its safetensors file (`go run ./kernel-setup export -safetensors FILE RUN`).

usage: in_torch.py FILE IMAGES

IMAGES is an .npy file of grey levels, uint8 [N, 28, 28]. It prints their logits, a JSON list for each image, without test-time augmentation.
It knows the networks cnn and residual. Needs torch, numpy and safetensors.
"""

import json
import sys

import numpy as np
import torch
from safetensors import safe_open
from torch import nn
from torch.nn import functional as F


class Network:
    """The layers of the package layers, with the parameters of a file. Feature maps are [N, C, H, W]."""

    def __init__(self, path):
        with safe_open(path, "pt") as f:
            self.recipe = json.loads(f.metadata()["recipe"])
            self.parameters = {name: f.get_tensor(name) for name in f.keys()}

    def conv(self, name, x):
        kernel = self.parameters[name + "/kernel"].permute(3, 2, 0, 1)  # from [H, W, in, out]
        return F.conv2d(x, kernel, self.parameters[name + "/bias"], padding=kernel.shape[2] // 2)

    def dense(self, name, x):
        return x @ self.parameters[name + "/kernel"] + self.parameters[name + "/bias"]

    def batch_norm(self, name, x):
        mean, variance, gamma, beta = (self.parameters[f"{name}/{p}"] for p in ("moving_mean", "moving_variance", "gamma", "beta"))
        return F.batch_norm(x, mean, variance, gamma, beta, eps=1.001e-5)

    def logits(self, x):
        return {"cnn": self.cnn, "residual": self.residual}[self.recipe["model"]["name"]](x)

    def cnn(self, x):
        for stage in ("stage1", "stage2"):
            for i in range(self.recipe["model"].get("depth") or 2):
                x = F.relu(self.conv(f"{stage}/conv{i + 1}", x))
            x = F.max_pool2d(x, 2)
        x = x.permute(0, 2, 3, 1).flatten(1)  # the order of [H, W, C]
        return self.dense("logits", F.relu(self.dense("hidden", x)))

    def residual(self, x):
        def convolution(name, x):
            return F.relu(self.batch_norm(name + "_bn", self.conv(name + "_conv", x)))

        def stage(name, x):
            x = convolution(name + "_wide", x)
            y = convolution(name + "_conv2", convolution(name + "_conv1", x))
            if self.recipe["model"].get("squeeze"):
                s = F.relu(self.dense(name + "/se/squeeze", y.mean((2, 3))))
                y = y * torch.sigmoid(self.dense(name + "/se/excite", s))[:, :, None, None]
            return x + y

        x = F.max_pool2d(convolution("stem2", convolution("stem", x)), 2)
        x = F.max_pool2d(stage("stage1", x), 2)
        x = F.max_pool2d(F.pad(stage("stage2", x), (0, 1, 0, 1)), 2)
        return self.dense("logits", stage("stage3", x).mean((2, 3)))


if __name__ == "__main__":
    images = torch.from_numpy(np.load(sys.argv[2])).float()[:, None] / 255
    with torch.no_grad():
        for row in Network(sys.argv[1]).logits(images).tolist():
            print(json.dumps(row))
