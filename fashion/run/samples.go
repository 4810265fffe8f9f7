package run

import (
	"fmt"
	"path/filepath"

	"fashionlab/fashion"
	"fashionlab/fashion/internal/sheet"
)

const samplesDir = "samples"

// samplesFile is where the samples of an epoch are.
func samplesFile(epoch int) string {
	return filepath.Join(samplesDir, fmt.Sprintf("epoch-%03d.png", epoch))
}

// SaveSamples saves what a GAN makes of the same latents after an epoch, as one picture. Their number must be a multiple of ten.
func (r *Run) SaveSamples(epoch int, samples []fashion.Image) error {
	data, err := sheet.Encode(samples)
	if err != nil {
		return fmt.Errorf("%s: samples: %w", r.Dir, err)
	}
	return r.write(samplesFile(epoch), data)
}

// Samples reads the samples of an epoch.
func (r *Run) Samples(epoch int) ([]fashion.Image, error) {
	samples, err := r.readSamples(samplesFile(epoch))
	if err != nil {
		return nil, fmt.Errorf("samples of epoch %d: %w", epoch, err)
	}
	return samples, nil
}

func (r *Run) readSamples(name string) ([]fashion.Image, error) {
	data, err := r.readFile(name)
	if err != nil {
		return nil, err
	}
	samples, err := sheet.Decode(data)
	if err != nil {
		return nil, r.corrupt(name, err)
	}
	return samples, nil
}
