package pretrained

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// Scheme is a naming scheme of the weights in a file.
type Scheme string

const (
	Original     Scheme = "original"     // of the authors' release
	Timm         Scheme = "timm"         // of the library timm
	Transformers Scheme = "transformers" // of Hugging Face's library transformers
)

// HeadEpsilon returns the epsilon of the last LayerNorm in the program that uses the scheme.
func (s Scheme) HeadEpsilon() float64 {
	if s == Transformers {
		return 1e-12
	}
	return 1e-6
}

// schemeOf returns the scheme of a list of names, by the name of the first layer.
func schemeOf(names []string) (Scheme, error) {
	for _, name := range names {
		switch {
		case strings.HasPrefix(name, "stem.0."):
			return Timm, nil
		case strings.HasPrefix(name, "downsample_layers.0."):
			return Original, nil
		case strings.HasPrefix(name, "convnext.embeddings."):
			return Transformers, nil
		}
	}
	few := names[:min(3, len(names))]
	return "", errors.New("no first layer named as in any scheme; its names begin with " + strings.Join(few, ", "))
}

// rename is a pattern of a name and its replacement in timm.
type rename struct {
	pattern *regexp.Regexp
	timm    string
}

func to(pattern, timm string) rename { return rename{regexp.MustCompile(pattern), timm} }

// renames convert a scheme's names to timm's. They are applied one after the other.
var renames = map[Scheme][]rename{
	Original: {
		to(`^downsample_layers\.0\.`, "stem."), to(`^downsample_layers\.(\d)\.`, "stages.$1.downsample."), to(`^stages\.(\d)\.(\d+)\.`, "stages.$1.blocks.$2."),
		to(`\.dwconv\.`, ".conv_dw."), to(`\.pwconv(\d)\.`, ".mlp.fc$1."), to(`^norm\.`, "head.norm."), to(`^head\.(weight|bias)$`, "head.fc.$1"),
	},
	Transformers: {
		to(`^convnext\.embeddings\.patch_embeddings\.`, "stem.0."), to(`^convnext\.embeddings\.layernorm\.`, "stem.1."),
		to(`^convnext\.encoder\.`, ""), to(`^stages\.(\d)\.downsampling_layer\.`, "stages.$1.downsample."), to(`^stages\.(\d)\.layers\.(\d+)\.`, "stages.$1.blocks.$2."),
		to(`\.dwconv\.`, ".conv_dw."), to(`\.pwconv(\d)\.`, ".mlp.fc$1."), to(`\.layernorm\.`, ".norm."), to(`\.layer_scale_parameter$`, ".gamma"),
		to(`^convnext\.norm\.`, "head.norm."), to(`^classifier\.`, "head.fc."),
	},
}

// norms matches timm's names of normalization layers.
var norms = regexp.MustCompile(`^stem\.1$|\.downsample\.0$|\.norm$`)

// convert returns a weight's name and layout in models.ConvNeXt.
func convert(s Scheme, name string, t Tensor) (string, Tensor, error) {
	timm := name
	for _, r := range renames[s] {
		timm = r.pattern.ReplaceAllString(timm, r.timm)
	}
	last := strings.LastIndexByte(timm, '.')
	if last < 0 {
		return "", Tensor{}, fmt.Errorf("a weight named %s", name)
	}
	module, kind := timm[:last], timm[last+1:]
	ours := strings.ReplaceAll(module, ".", "_")
	switch {
	case kind == "gamma":
		return ours + "_gamma", flat(t), nil
	case norms.MatchString(module) && kind == "weight":
		return ours + "/gamma", t, nil
	case norms.MatchString(module) && kind == "bias":
		return ours + "/beta", t, nil
	case kind == "bias":
		return ours + "/bias", t, nil
	case kind != "weight":
		return "", Tensor{}, fmt.Errorf("a weight named %s", name)
	}
	switch d := t.Shape; {
	case len(d) == 4 && strings.HasSuffix(module, ".conv_dw") && d[1] == 1: // [C, 1, H, W]
		return ours + "/kernel", t.permuted([]int{2, 3, 0}), nil
	case len(d) == 4 && strings.Contains(module, ".mlp.") && d[2] == 1 && d[3] == 1: // [out, in, 1, 1]
		return ours + "/kernel", t.permuted([]int{1, 0}), nil
	case len(d) == 4: // [out, in, H, W]
		return ours + "/kernel", t.permuted([]int{2, 3, 1, 0}), nil
	case len(d) == 2: // [out, in]
		return ours + "/kernel", t.permuted([]int{1, 0}), nil
	}
	return "", Tensor{}, fmt.Errorf("weight %s with the shape %v", name, t.Shape)
}

// flat reshapes a tensor to one axis, because some files store a layer scale as [C, 1, 1].
func flat(t Tensor) Tensor { return Tensor{[]int{len(t.Values)}, t.Values} }
