package infer

import (
	"fmt"

	"fashionlab/fashion/run"
)

// ReferenceRun is the name of the published run whose classifier measures generated images: the same on every machine, so that the measures can be compared.
const ReferenceRun = "full/residual"

// Reference returns the classifier of ReferenceRun.
func Reference() (*Model, error) {
	r, err := run.Published().Open(ReferenceRun)
	if err != nil {
		return nil, fmt.Errorf("generated images are measured by a published run: %w", err)
	}
	return Load(r)
}
