"""Makes a small ConvNeXt with random weights in the three naming schemes in use, and what it computes.

    python make.py    # timm 1.0.31, transformers 5.24, torch 2.15, safetensors 0.8

timm.safetensors, original.safetensors and transformers.safetensors hold the same weights. outputs.json holds, for images of two sizes, the stages'
outputs, the logits, and the gradients of sum(logits * dy); and the logits of transformers, whose last normalization adds another epsilon.
"""

import json
import re

import timm
import torch
import transformers
from safetensors.torch import save_file

depths, widths, classes = (1, 1, 2, 1), (4, 6, 8, 10), 5
torch.manual_seed(1)
net = timm.models.convnext.ConvNeXt(num_classes=classes, depths=depths, dims=widths).eval()
for name, p in net.named_parameters():
    torch.nn.init.normal_(p, 1 if name.endswith(("norm.weight", "stem.1.weight", "downsample.0.weight")) else 0, 0.3)


def original(name):
    name = re.sub(r"^stem\.", "downsample_layers.0.", name)
    name = re.sub(r"^stages\.(\d)\.downsample\.", r"downsample_layers.\1.", name)
    name = re.sub(r"^stages\.(\d)\.blocks\.(\d+)\.", r"stages.\1.\2.", name)
    name = name.replace("conv_dw", "dwconv").replace("mlp.fc1", "pwconv1").replace("mlp.fc2", "pwconv2")
    return name.replace("head.norm.", "norm.").replace("head.fc.", "head.")


def hugging_face(name):
    name = name.replace("stem.0.", "convnext.embeddings.patch_embeddings.").replace("stem.1.", "convnext.embeddings.layernorm.")
    name = re.sub(r"^stages\.(\d)\.downsample\.", r"convnext.encoder.stages.\1.downsampling_layer.", name)
    name = re.sub(r"^stages\.(\d)\.blocks\.(\d+)\.", r"convnext.encoder.stages.\1.layers.\2.", name)
    name = name.replace("head.norm.", "convnext.layernorm.").replace("head.fc.", "classifier.")
    name = name.replace("conv_dw", "dwconv").replace("mlp.fc1", "pwconv1").replace("mlp.fc2", "pwconv2").replace("gamma", "layer_scale_parameter")
    return re.sub(r"(layers\.\d+)\.norm\.", r"\1.layernorm.", name)


weights = {k: v.contiguous() for k, v in net.state_dict().items()}
save_file(weights, "timm.safetensors")
save_file({original(k): v for k, v in weights.items()}, "original.safetensors")
hf = transformers.ConvNextForImageClassification(transformers.ConvNextConfig(depths=list(depths), hidden_sizes=list(widths), num_labels=classes)).eval()
hf.load_state_dict({hugging_face(k): v for k, v in weights.items()})
save_file({k: v.contiguous() for k, v in hf.state_dict().items()}, "transformers.safetensors")


def numbers(t):
    return [float(f"{v:.8g}") for v in t.detach().flatten().tolist()]


cases = []
for height, width in ((32, 32), (37, 45)):
    x = torch.rand(2, 3, height, width)
    stages, h = [], net.stem(x)
    for stage in net.stages:
        h = stage(h)
        stages.append({"shape": [2, h.shape[2], h.shape[3], h.shape[1]], "values": numbers(h.permute(0, 2, 3, 1))})
    logits = net(x)
    dy = torch.randn_like(logits)
    net.zero_grad()
    (logits * dy).sum().backward()
    cases.append({"shape": [2, height, width, 3], "x": numbers(x.permute(0, 2, 3, 1)), "stages": stages, "logits": numbers(logits), "dy": numbers(dy),
                  "transformers_logits": numbers(hf(x).logits), "gradients": {k: numbers(p.grad) for k, p in net.named_parameters()}})
with open("outputs.json", "w") as f:
    json.dump({"timm": timm.__version__, "depths": depths, "widths": widths, "classes": classes, "cases": cases}, f)
    f.write("\n")
