//go:build gcs

package cluster

// Google's client takes longer to compile than Temporal's and is as large as the rest of the program: it is built in where a bucket asks for it.
import _ "gocloud.dev/blob/gcsblob" // gs://
