package models

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"fashionlab/fashion/run"
)

// The layers of a ConvNeXt as Keras 2 counts them without the top, from 0: the input, the normalization of the input, the stem; then for each
// stage but the first a layer that halves the side, and eight layers for each block; at the end a normalization. ConvNeXt-Tiny has 151. Keras 3 counts
// no additions, so that it has 133, and `fine_tune_at` 143 lies beyond their end.
const (
	kerasStem        = 2
	kerasFirstBlock  = 3
	kerasBlockLayers = 8 // depthwise, normalization, dense, activation, dense, layer scale, stochastic depth, addition
)

// kerasBlock are the places of a block's parameters among its layers.
var kerasBlock = map[string]int{"conv_dw": 0, "norm": 1, "mlp_fc1": 2, "mlp_fc2": 4, "gamma": 5}

var blockName = regexp.MustCompile(`^stages_(\d)_blocks_(\d+)_(.+)$`)

// KerasLayers is how many layers Keras 2 counted.
func (m ConvNeXt) KerasLayers() int { return m.stageStart(4) }

// stageStart is the index of a stage's first layer; of the last normalization's successor for 4.
func (m ConvNeXt) stageStart(stage int) int {
	index := kerasFirstBlock
	for i, depth := range m.Depths[:stage] {
		if i > 0 {
			index++ // what halves the side
		}
		index += depth * kerasBlockLayers
	}
	if stage == 4 {
		return index + 1
	}
	return index
}

// KerasLayer is the index of the layer that holds a parameter, given by the layer's name in our network. The last layer, head_fc, is not Keras's: it comes
// after all.
func (m ConvNeXt) KerasLayer(name string) int {
	name, _, _ = strings.Cut(name, "/")
	if part := blockName.FindStringSubmatch(name); part != nil {
		stage, block := number(part[1]), number(part[2])
		index := m.stageStart(stage) + block*kerasBlockLayers + kerasBlock[part[3]]
		if stage > 0 {
			index++
		}
		return index
	}
	switch {
	case strings.HasPrefix(name, "stem_"):
		return kerasStem
	case strings.HasPrefix(name, "stages_"): // what halves the side
		return m.stageStart(number(name[len("stages_"):][:1]))
	case name == "head_norm":
		return m.KerasLayers() - 1
	}
	return m.KerasLayers()
}

// Depth is how many blocks lie from a layer to the head, given by the layer's name in our network: 0 in the head, 1 in the last block. What halves the side
// counts with the block after it; the stem comes before the first.
func (m ConvNeXt) Depth(name string) int {
	blocks := func(stages int) (n int) {
		for _, depth := range m.Depths[:stages] {
			n += depth
		}
		return n
	}
	name, _, _ = strings.Cut(name, "/")
	switch part := blockName.FindStringSubmatch(name); {
	case part != nil:
		return blocks(4) - blocks(number(part[1])) - number(part[2])
	case strings.HasPrefix(name, "stages_"):
		return blocks(4) - blocks(number(name[len("stages_"):][:1]))
	case strings.HasPrefix(name, "stem_"):
		return blocks(4) + 1
	}
	return 0
}

// FineTuneTable lists the parts of a convnext as rows of words: the index of its first layer, what it is, its parameters, and how many are trained when
// fine-tuning begins there.
func FineTuneTable(m run.Model) ([][]string, error) {
	s, err := Summarize(m)
	if err != nil {
		return nil, err
	}
	c := newConvNeXt(m)
	var rows [][]string
	var sizes []int
	for _, l := range s.Layers {
		if l.Parameters == 0 {
			continue
		}
		if name := partName(l.Name); len(rows) == 0 || rows[len(rows)-1][1] != name {
			rows, sizes = append(rows, []string{fmt.Sprint(c.KerasLayer(l.Name)), name}), append(sizes, 0)
		}
		sizes[len(sizes)-1] += l.Parameters
	}
	trained := 0
	for i := len(rows) - 1; i >= 0; i-- {
		trained += sizes[i]
		rows[i] = append(rows[i], run.Thousands(sizes[i]), run.Thousands(trained))
	}
	return rows, nil
}

// partName is what a reader calls the part of the network that a layer is in.
func partName(layer string) string {
	if part := blockName.FindStringSubmatch(layer); part != nil {
		return fmt.Sprintf("stage %d, block %d", number(part[1])+1, number(part[2])+1)
	}
	switch {
	case strings.HasPrefix(layer, "stem_"):
		return "stem"
	case strings.HasPrefix(layer, "stages_"):
		return fmt.Sprintf("stage %d, halving", number(layer[len("stages_"):][:1])+1)
	case layer == "head_norm":
		return "last normalization"
	}
	return "head"
}

// number reads digits that a pattern has matched.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic(fmt.Errorf("a layer's name: %w", err))
	}
	return n
}
