"""Records PyTorch's OneCycleLR step by step: onecycle.py > onecycle.json"""
import json

import torch

traces = []
for steps, top, least in [(100, 0.001, 1e-5), (7, 0.01, 1e-4), (1500, 0.5, 2e-6)]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, max_lr=top, total_steps=steps, pct_start=0.3, div_factor=25, final_div_factor=top / 25 / least, cycle_momentum=False)
    rates = []
    for _ in range(steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        if len(rates) < steps:
            schedule.step()
    keep = range(steps) if steps <= 100 else range(0, steps, 50)
    traces.append({"steps": steps, "rate": top, "min_rate": least, "rates": {i: rates[i] for i in keep}})
print(json.dumps({"torch": torch.__version__.split("+")[0], "traces": traces}))
