package train

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion/infer"
	"fashionlab/fashion/internal/manifest"
	"fashionlab/fashion/layers"
	"fashionlab/fashion/pretrained"
	"fashionlab/fashion/run"
)

// WeightsError is a recipe whose initial weights cannot be had or do not suit it.
type WeightsError struct{ From, Got, Want string }

func (e *WeightsError) Error() string {
	return fmt.Sprintf("initial weights %s: found %s, want %s", e.From, e.Got, e.Want)
}

// start gives the variables the values of the weights that the recipe names, if any, and returns their sha256. Values for inference begin there. The context's end cancels a download.
func (p *program) start(ctx context.Context) (sum string, err error) {
	if sum, err = p.startWeights(ctx); err != nil {
		return sum, err
	}
	return sum, p.beginInferenceValues(p.store)
}

func (p *program) startWeights(ctx context.Context) (sum string, err error) {
	w := p.recipe.Model.Weights
	switch {
	case w.Run != "":
		sum, err = p.startFromRun(w.Run)
	case w.Hub != "":
		path, err := pretrained.FindContext(ctx, w.Hub)
		if err != nil {
			return "", err
		}
		return p.startFromFile(path, w.SHA256)
	case w.File != "":
		return p.startFromFile(w.File, w.SHA256)
	}
	if err == nil && w.SHA256 != "" && sum != w.SHA256 {
		err = &WeightsError{w.Run, "sha256 " + sum, w.SHA256}
	}
	return sum, err
}

// startFromFile sets the variables from a file of pretrained weights.
func (p *program) startFromFile(path, want string) (sum string, err error) {
	w, err := pretrained.Read(path)
	if err != nil {
		return "", err
	}
	if sum, err = manifest.DigestFile(path); err != nil {
		return "", err
	}
	if want != "" && sum != want {
		return "", &WeightsError{path, "sha256 " + sum, want}
	}
	if got, want := p.network.HeadEpsilon, w.Scheme.HeadEpsilon(); got != want {
		return "", &WeightsError{path, fmt.Sprintf("names of %s, whose last LayerNorm has the epsilon %g", w.Scheme, want),
			fmt.Sprintf("those of a network with %g; set model.head_epsilon to %g", got, want)}
	}
	shapes := map[string][]int{}
	for v := range p.store.IterVariables() {
		if name, ours := layers.ParameterAt(v.Path()); ours {
			shapes[name] = v.Shape().Dimensions
		}
	}
	fitting, err := w.Fit(shapes)
	if err != nil {
		return "", err
	}
	for name, t := range fitting {
		if err := p.store.GetVariable(layers.Path(name)).SetValue(tensors.FromFlatDataAndDimensions(t.Values, t.Shape...)); err != nil {
			return "", fmt.Errorf("%s: %s: %w", path, name, err)
		}
	}
	return sum, nil
}

// startFromRun sets the variables from the best epoch of a run of this machine, or else of a published one that has its weights. The head is taken over only if the run learned the same classes.
func (p *program) startFromRun(name string) (sum string, err error) {
	dir, err := run.Local().Path(name)
	if err != nil {
		return "", err
	}
	r, err := run.Open(dir)
	if errors.Is(err, run.ErrNotFound) {
		if published, errPublished := run.Published().Open(name); errPublished == nil && published.HasCheckpoint(run.Best) {
			r, err = published, nil
		}
	}
	switch {
	case errors.Is(err, run.ErrNotFound):
		return "", &WeightsError{dir, "nothing", "a finished run; train it first"}
	case err != nil:
		return "", err
	case !r.Finished():
		return "", &WeightsError{dir, fmt.Sprintf("a run of %d epochs that is not finished", len(r.History)), "a finished one; train it to its end first"}
	}
	c, found, err := r.LoadCheckpoint(run.Best)
	if !found {
		return "", errors.Join(err, &WeightsError{dir, "no checkpoint", "that of its best epoch; remove the run and train it again"})
	}
	kept := []run.Tensor{}
	for _, t := range c.Tensors {
		parameter, ours := layers.ParameterAt(t.Name)
		if !ours || p.isHead(parameter) && (r.Recipe.Data.Task != p.recipe.Data.Task || r.Recipe.Data.Set != p.recipe.Data.Set) {
			continue // of the optimizer, or of other classes
		}
		kept = append(kept, t)
	}
	return digestOf(kept), p.replace(dir, kept)
}

// digestOf is the sha256 of the tensors' values, one after the other.
func digestOf(list []run.Tensor) string {
	h := sha256.New()
	for _, t := range list {
		h.Write(t.Data) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// isHead reports whether a parameter is of the last layer, which gives the logits.
func (p *program) isHead(parameter string) bool {
	return strings.HasPrefix(parameter, p.built.Head+"/")
}

// replace sets the model's variables, the head's left out where the list lacks them, from a run of the same architecture.
func (p *program) replace(dir string, list []run.Tensor) error {
	all := map[string]run.Tensor{}
	for _, t := range p.initial {
		all[t.Name] = t
	}
	left := map[string]bool{}
	for name := range all {
		if parameter, ours := layers.ParameterAt(name); ours && !p.isHead(parameter) {
			left[name] = true
		}
	}
	for _, t := range list {
		if _, ok := all[t.Name]; !ok {
			return &WeightsError{dir, "a model with " + t.Name, "one of the same architecture as the recipe's"}
		}
		all[t.Name] = t
		delete(left, t.Name)
	}
	for name := range left {
		return &WeightsError{dir, "a model without " + name, "one of the same architecture as the recipe's"}
	}
	if err := infer.Restore(p.store, slices.Collect(maps.Values(all))); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	return nil
}
