"""Writes the schedules of KerasTuner's Hyperband as keras_tuner.json: for each maximal number of epochs and factor, the brackets
in KerasTuner's order, each a list of [trials, epochs].

    python keras_tuner.py        (keras-tuner 1.4.8; needs keras with any backend)
"""
import json
import os

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
import keras_tuner
from keras_tuner.src.tuners.hyperband import HyperbandOracle

schedules = []
for epochs in (1, 2, 9, 16, 27, 50, 81, 100, 243):
    for factor in (2, 3, 4):
        oracle = HyperbandOracle(objective=keras_tuner.Objective("val_accuracy", "max"), max_epochs=epochs, factor=factor)
        brackets = []
        for bracket in reversed(range(oracle._get_num_brackets())):
            rounds = oracle._get_num_rounds(bracket)
            brackets.append([[oracle._get_size(bracket, r), oracle._get_epochs(bracket, r)] for r in range(rounds)])
        schedules.append({"R": epochs, "eta": factor, "brackets": brackets})
with open(os.path.join(os.path.dirname(__file__) or ".", "keras_tuner.json"), "w") as f:
    json.dump({"keras_tuner": keras_tuner.__version__, "schedules": schedules}, f)
    f.write("\n")
