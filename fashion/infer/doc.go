// Package infer loads trained classifiers and predicts with them: logits, probabilities, features, Grad-CAM. It holds the compute backend, the one place that loads PJRT, and no
// optimizer. Images become probabilities in one way only, whoever asks: see Model.
package infer
