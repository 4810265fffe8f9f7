// Package onnx writes networks as ONNX files (https://onnx.ai), which other programs and languages can execute.
//
// A network keeps one definition: it is built once more, on a GoMLX backend that computes nothing and records ONNX operations instead. So a network of one's own can
// be written as well, as long as it uses operations that have a form here; another operation is an error that names it and the layer before it.
//
// The batch is symbolic: a file takes any number of images. The graph is built for a batch of a large prime number of images, so that each size that is a multiple of
// it is the batch's, and is written as such.
//
// GoMLX's images are [B, H, W, C], ONNX's convolutions take [B, C, H, W]. The recorder keeps the order of the axes of each tensor and permutes the axes only
// where it must: before a reshape, a matrix product or a layer normalization.
package onnx
