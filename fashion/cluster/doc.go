// Package cluster spreads a Hyperband search, or the trainings that the study's claims need, over several machines with Temporal (https://temporal.io).
//
// A search is a workflow. It drives the same hyperband.Machine as Search.Run does, so that it finds the same, and has each training done by a worker that trains. Temporal keeps
// what was decided and measured: whichever process ends, the search resumes where it was.
//
//	client    go run ./kernel-setup search -cluster ADDRESS: starts the workflow, or finds it running, and mirrors its events into the usual journal
//	server    go run ./kernel-setup cluster serve: the subfolder server, a program of its own; or any other server of Temporal
//	worker    go run ./kernel-setup cluster work -cluster ADDRESS: runs workflow and trainings, on as many machines as there are
//	bucket    a folder that all workers reach, or one of S3 or Google Cloud Storage, with each trial's checkpoints: a trial that is promoted, or whose worker was lost, resumes on whichever worker is free
//
// Another processor, or another number of cores, rounds otherwise. So a search is done by workers of one Kind, each of which has a task queue of its own: the same processor and cores, or GPU, plugin, versions and source code, and the same bucket.
//
// This is a module of its own, so that notebooks and the other commands never link Temporal. The package itself knows neither GoMLX nor Temporal's server; the command cmd/cluster has the former.
package cluster
