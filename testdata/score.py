"""Records scikit-learn's figures for a recorded matrix of probabilities: score.py > score.json"""
import json

import numpy as np
import sklearn
from sklearn import metrics

rng = np.random.default_rng(5)
labels = rng.integers(0, 10, 300)
logits = rng.normal(size=(300, 10))
logits[np.arange(300), labels] += 1.5
p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
p = np.round(p / p.sum(1, keepdims=True), 6).astype("float32")
predicted = p.argmax(1)
precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted)
print(json.dumps({
    "scikit-learn": sklearn.__version__,
    "labels": labels.tolist(),
    "probabilities": [[round(float(x), 6) for x in row] for row in p],
    "accuracy": metrics.accuracy_score(labels, predicted),
    "log_loss": metrics.log_loss(labels, p.astype("float64") / p.astype("float64").sum(1, keepdims=True), labels=range(10)),
    "confusion": metrics.confusion_matrix(labels, predicted).tolist(),
    "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
    "macro_f1": metrics.f1_score(labels, predicted, average="macro"),
}))
