"""Times the answers of the residual network (models/residual.go) in PyTorch: answers.py IMAGES TIMES [DEVICE [FILE]]

Prints a line of JSON for each line on standard input: the milliseconds of so many calls, each with so many new images of bytes, from the bytes to
probabilities on the host. The parameters are random, which takes no other time. Channels last; in inference mode, normalizations fused into the convolutions.
DEVICE is cpu or cuda, as in torch.py. FILE is for answers_onnx.py.
"""
import json
import os
import resource
import sys
import time

import torch
from torch import nn

images, times = int(sys.argv[1]), int(sys.argv[2])
device = torch.device(sys.argv[3] if len(sys.argv) > 3 else "cpu")
torch.set_num_threads(os.cpu_count())
torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = torch.backends.cudnn.benchmark = True


def convolution(channels, filters):
    return nn.Sequential(nn.Conv2d(channels, filters, 3, padding=1), nn.BatchNorm2d(filters, eps=1.001e-5), nn.ReLU(inplace=True))


class Stage(nn.Module):
    def __init__(self, channels, filters):
        super().__init__()
        self.wide = convolution(channels, filters)
        self.block = nn.Sequential(convolution(filters, filters), convolution(filters, filters))

    def forward(self, x):
        x = self.wide(x)
        return x + self.block(x)


net = nn.Sequential(convolution(1, 32), convolution(32, 32), nn.MaxPool2d(2), Stage(32, 64), nn.MaxPool2d(2), Stage(64, 128), nn.ZeroPad2d((0, 1, 0, 1)),
                    nn.MaxPool2d(2), Stage(128, 256), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(256, 10)).eval()
parameters = sum(p.numel() for p in net.parameters())
for m in list(net.modules()):
    if isinstance(m, nn.Sequential) and len(m) == 3 and isinstance(m[1], nn.BatchNorm2d):
        m[0], m[1] = torch.nn.utils.fuse_conv_bn_eval(m[0], m[1]), nn.Identity()
net = net.to(device, memory_format=torch.channels_last)

with torch.inference_mode():
    for _ in sys.stdin:
        ms = []
        for _ in range(times + 3):
            data = torch.randint(0, 256, (images, 1, 28, 28), dtype=torch.uint8)
            start = time.perf_counter()
            x = (data.to(device).float() / 255).contiguous(memory_format=torch.channels_last)
            net(x).softmax(1).tolist()
            ms.append(1000 * (time.perf_counter() - start))
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
        print(json.dumps({"peer": f"PyTorch {torch.__version__}, {name}", "parameters": parameters, "ms": ms[3:], "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}), flush=True)
