"""Makes reference.json: the statistics of batch normalization that its authors' implementation of precise BN estimates.

    pip install --no-deps fvcore==0.1.5.post20221221 tqdm
    python make.py    # torch 2.15
"""

import json
import pathlib
import runpy
import sysconfig

import numpy as np
import torch
from torch import nn

# fvcore.nn imports what this does not need.
file = pathlib.Path(sysconfig.get_path("purelib")) / "fvcore/nn/precise_bn.py"
update_bn_stats = runpy.run_path(str(file))["update_bn_stats"]

rng = np.random.default_rng(1)
EPSILON = 1.001e-5  # Keras's in ResNet


def normal(*shape, shift=0.0):
    return torch.tensor(rng.normal(shift, 1, shape).round(3).astype(np.float32))


def numbers(t):
    return [round(float(v), 7) for v in t.detach().numpy().ravel()]


# Two layers with normalization: what the second sees depends on the statistics of each batch in the first.
network = nn.Sequential(
    nn.Linear(4, 3), nn.BatchNorm1d(3, eps=EPSILON), nn.ReLU(), nn.Linear(3, 2), nn.BatchNorm1d(2, eps=EPSILON)
)
with torch.no_grad():
    for p in network.parameters():
        p.copy_(normal(*p.shape))
# Batches that differ more than by chance, so that the variance between them counts.
batches = [normal(6, 4, shift=s) for s in (-1.0, 0.0, 0.5, 2.0)]
norms = [network[1], network[4]]

network.train()
update_bn_stats(network, batches, len(batches))
precise = [numbers(v) for n in norms for v in (n.running_mean, n.running_var)]

# PyTorch's own cumulative average (momentum=None) leaves out the variance between batches, and divides by n-1.
for n in norms:
    n.reset_running_stats()
    n.momentum = None
for x in batches:
    network(x)
cumulative = [numbers(v) for n in norms for v in (n.running_mean, n.running_var)]

json.dump(
    {
        "torch": torch.__version__.split("+")[0],
        "fvcore": "0.1.5.post20221221",
        "batches": [numbers(x) for x in batches],
        "kernels": [numbers(network[i].weight.T) for i in (0, 3)],
        "biases": [numbers(network[i].bias) for i in (0, 3)],
        "gammas": [numbers(n.weight) for n in norms],
        "betas": [numbers(n.bias) for n in norms],
        "precise": precise,
        "cumulative": cumulative,
    },
    open("reference.json", "w"),
)
