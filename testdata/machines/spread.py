"""Measures what another rounding changes in a trained network, beside what another seed changes.

    spread.py train LABEL COMMAND...    trains by COMMAND, which is `go run ./kernel-setup train` with its flags, and adds its accuracies to spread.json under LABEL
    spread.py                           prints the spread

Networks of one seed start from the same bits; another processor, number of cores or instruction set adds up in another order. LABEL names what differs:

    XLA_FLAGS=--xla_cpu_max_isa=SSE4_2 taskset -c 0 python3 testdata/machines/spread.py train "1 core, SSE4.2" \\
        go run ./kernel-setup train -recipe cnn -seed 1 -name spread/sse/seed-1
"""

import json
import pathlib
import re
import statistics
import subprocess
import sys

file = pathlib.Path(__file__).with_name("spread.json")


def read():
    return json.loads(file.read_text()) if file.exists() else []


def train(label, command):
    flags = dict(zip(command, command[1:]))
    done = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout
    found = re.search(r"validation images (\S+) .* test images (\S+) .*? on (.+)$", done, re.MULTILINE | re.DOTALL)
    if not found:
        sys.exit(f"{' '.join(command)} printed no accuracies: {done}")
    key = {"recipe": flags["-recipe"], "profile": flags.get("-profile", "quick"), "label": label, "seed": int(flags["-seed"])}
    rows = [r for r in read() if {k: r[k] for k in key} != key]
    rows.append(key | {"device": found[3].strip(), "validation": float(found[1]), "test": float(found[2])})
    rows.sort(key=lambda r: (r["recipe"], r["profile"], r["label"], r["seed"]))
    file.write_text("[\n" + ",\n".join("  " + json.dumps(r) for r in rows) + "\n]\n")


def spread(rows, study, images):
    """Prints the standard deviations of the accuracies between seeds, and between roundings of a seed, over the seeds that all roundings have."""
    by = {}
    for r in rows:
        if (r["recipe"], r["profile"]) == study:
            by.setdefault(r["label"], {})[r["seed"]] = r[images]
    seeds = sorted(set.intersection(*(set(of) for of in by.values())))
    if len(by) < 2 or len(seeds) < 2:
        return
    between_seeds = [statistics.variance(of[s] for s in seeds) for of in by.values()]
    between_roundings = [statistics.variance(of[s] for of in by.values()) for s in seeds]
    largest = max(max(of[s] for of in by.values()) - min(of[s] for of in by.values()) for s in seeds)
    print(
        f"{' '.join(study)}, {images} images: {len(seeds)} seeds, {len(by)} roundings ({'; '.join(by)}): standard deviation between seeds "
        f"{statistics.mean(between_seeds) ** 0.5:.4f}, of a seed between roundings {statistics.mean(between_roundings) ** 0.5:.4f}, "
        f"at most {largest:.4f} apart"
    )


if sys.argv[1:2] == ["train"]:
    train(sys.argv[2], sys.argv[3:])
else:
    for study in sorted({(r["recipe"], r["profile"]) for r in read()}):
        for images in "validation", "test":
            spread(read(), study, images)
