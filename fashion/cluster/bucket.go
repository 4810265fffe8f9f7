package cluster

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
	_ "gocloud.dev/blob/s3blob" // s3://
)

// OpenBucket opens a bucket: a folder, which it makes where there is none, or an address of S3 or what speaks its protocol (s3://NAME?region=REGION, with &endpoint=URL&use_path_style=true for another than
// Amazon's), or of Google Cloud Storage (gs://NAME) in a program built with the tag gcs. Keys are those of the usual variables and files of either: AWS_ACCESS_KEY_ID and so on, GOOGLE_APPLICATION_CREDENTIALS.
// With ?prefix=PATH/ it is that part of a bucket.
func OpenBucket(ctx context.Context, name string) (b *blob.Bucket, err error) {
	if strings.Contains(name, "://") {
		b, err = blob.OpenBucket(ctx, name)
	} else if name, err = filepath.Abs(name); err == nil {
		b, err = fileblob.OpenBucket(name, &fileblob.Options{CreateDir: true, NoTempDir: true, Metadata: fileblob.MetadataDontWrite})
	}
	if err != nil {
		return nil, fmt.Errorf("the bucket %s: %w", name, err)
	}
	return b, nil
}
