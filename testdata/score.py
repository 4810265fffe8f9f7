"""Records what scikit-learn, SciPy and statsmodels say about recorded matrices of probabilities: score.py > score.json"""
import json

import numpy as np
import scipy
import sklearn
import statsmodels
from scipy import optimize, special
from sklearn import metrics
from statsmodels.stats.contingency_tables import mcnemar

rng = np.random.default_rng(5)


def recorded(labels, signal, scale=1.0):
    """Softmax of scale times (noise, and the signal for the true class), as it is written below."""
    logits = rng.normal(size=(len(labels), 10))
    logits[np.arange(len(labels)), labels] += signal
    logits *= scale
    p = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.round(p / p.sum(1, keepdims=True), 6).astype("float32")


def written(p):
    return [[round(float(x), 6) for x in row] for row in p]


def log_loss(labels, p):
    return float(-np.log(np.maximum(p[np.arange(len(labels)), labels], 1e-15)).mean())


def temperature(labels, p):
    z = np.log(np.maximum(p.astype("float64"), 1e-15))
    found = optimize.minimize_scalar(lambda log_t: log_loss(labels, special.softmax(z / np.exp(log_t), axis=1)),
                                     bounds=np.log([0.05, 20]), method="bounded", options={"xatol": 1e-9})
    return float(np.exp(found.x))


def ece(labels, p, bins=15):
    confidence, correct, error = p.max(1).astype("float64"), p.argmax(1) == labels, 0.0
    edges = np.linspace(0, 1, bins + 1)
    for low, high in zip(edges[:-1], edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            error += inside.mean() * abs(correct[inside].mean() - confidence[inside].mean())
    return float(error)


def suspects(labels, p):
    """Rows, by the paper's formulas on whole matrices."""
    p = p.astype("float64")
    thresholds = np.array([p[labels == k, k].mean() for k in range(10)])
    above = np.where(p >= thresholds, p, -np.inf)
    likely = above.argmax(1)
    margin = p[np.arange(len(labels)), likely] - p[np.arange(len(labels)), labels]
    rows = np.flatnonzero(np.isfinite(above.max(1)) & (likely != labels))
    return rows[np.argsort(-margin[rows], kind="stable")].tolist()


def fitted(labels, members):
    truth = np.array([np.maximum(m[np.arange(len(labels)), labels].astype("float64"), 1e-15) for m in members])
    found = optimize.minimize(lambda w: -np.log(w @ truth).mean(), np.full(len(members), 1 / len(members)),
                              jac=lambda w: -(truth / (w @ truth)).mean(1), method="SLSQP", bounds=[(0, 1)] * len(members),
                              constraints={"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(len(w))},
                              options={"ftol": 1e-15, "maxiter": 1000})
    return {"fitted": found.x.tolist(), "fitted_loss": float(found.fun)}


def ensemble(labels, members, weights):
    vote = np.average([m.astype("float64") for m in members], axis=0, weights=weights)  # as sklearn.ensemble.VotingClassifier does
    return {"weights": weights, "vote": [[round(float(x), 8) for x in row] for row in vote],
            "accuracy": metrics.accuracy_score(labels, vote.argmax(1)), "log_loss": log_loss(labels, vote), **fitted(labels, members)}


def paired(labels, a, b):
    a, b = a.argmax(1) == labels, b.argmax(1) == labels
    table = [[int((a & b).sum()), int((a & ~b).sum())], [int((~a & b).sum()), int((~a & ~b).sum())]]
    return {"table": table, "p": float(mcnemar(table, exact=True).pvalue)}


labels = rng.integers(0, 10, 300)
p = recorded(labels, 1.5)
predicted = p.argmax(1)
precision, recall, f1, support = metrics.precision_recall_fscore_support(labels, predicted)

voters = rng.integers(0, 10, 200)
members = [recorded(voters, 2.0), recorded(voters, 2.0, 3.0), recorded(voters, 1.6, 1.8)]  # the first too unsure, the others too sure
print(json.dumps({
    "scikit-learn": sklearn.__version__,
    "labels": labels.tolist(),
    "probabilities": written(p),
    "accuracy": metrics.accuracy_score(labels, predicted),
    "log_loss": metrics.log_loss(labels, p.astype("float64") / p.astype("float64").sum(1, keepdims=True), labels=range(10)),
    "confusion": metrics.confusion_matrix(labels, predicted).tolist(),
    "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
    "macro_f1": metrics.f1_score(labels, predicted, average="macro"),
    "scipy": scipy.__version__, "statsmodels": statsmodels.__version__,
    "voters": {
        "labels": voters.tolist(),
        "members": [written(m) for m in members],
        "temperatures": [temperature(voters, m) for m in members],
        "ece": [ece(voters, m) for m in members],
        "suspects": [suspects(voters, m) for m in members],
        "pairs": [paired(voters, a, b) for a, b in zip(members, members[1:] + members[:1])],
        "ensembles": [ensemble(voters, members[:2], [2.0, 1.0]), ensemble(voters, members, [0.45, 0.45, 0.1])],
    },
}))
