package models

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"fashionlab/fashion/internal/text"
	"fashionlab/fashion/recipes"
)

// The layers of a ConvNeXt as Keras 2 counts them without the top, from 0: the input, the normalization of the input, the stem; then for each
// stage but the first a downsampling layer, and eight layers for each block; at the end a normalization. ConvNeXt-Tiny has 151. Keras 3 does
// not count additions, so that it has 133, and `fine_tune_at` 143 lies beyond the last.
const (
	kerasStem        = 2
	kerasFirstBlock  = 3
	kerasBlockLayers = 8 // depthwise, normalization, dense, activation, dense, layer scale, stochastic depth, addition
)

// kerasBlock are the indices, within a block, of the layers that have parameters.
var kerasBlock = map[string]int{"conv_dw": 0, "norm": 1, "mlp_fc1": 2, "mlp_fc2": 4, "gamma": 5}

var blockName = regexp.MustCompile(`^stages_(\d)_blocks_(\d+)_(.+)$`)

// KerasLayers returns the number of layers as Keras 2 counts them.
func (m ConvNeXt) KerasLayers() int { return m.stageStart(4) }

// stageStart returns the index of a stage's first layer; for stage 4, the number of all layers.
func (m ConvNeXt) stageStart(stage int) int {
	index := kerasFirstBlock
	for i, depth := range m.Depths[:stage] {
		if i > 0 {
			index++ // the downsampling layer
		}
		index += depth * kerasBlockLayers
	}
	if stage == 4 {
		return index + 1
	}
	return index
}

// KerasLayer returns the index that Keras 2 gives to a layer of our network, or of one of its parameters. The last layer, head_fc, is not among Keras's: its index
// is KerasLayers.
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
	case strings.HasPrefix(name, "stages_"): // the downsampling layer
		return m.stageStart(number(name[len("stages_"):][:1]))
	case name == "head_norm":
		return m.KerasLayers() - 1
	}
	return m.KerasLayers()
}

// BlocksToHead returns the number of blocks from a layer of our network, or from one of its parameters, to the head: 0 in the head, 1 in the last block. A downsampling
// layer counts with the block after it; the stem lies one deeper than the first block.
func (m ConvNeXt) BlocksToHead(name string) int {
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

// FineTuneTable returns a row of text for each part of a convnext: the index of its first layer, its name, its number of parameters, and how many parameters of
// the network are trained when fine-tuning starts there.
func FineTuneTable(m recipes.Model) ([][]string, error) {
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
		rows[i] = append(rows[i], text.Thousands(sizes[i]), text.Thousands(trained))
	}
	return rows, nil
}

// partName returns the name of the part of the network that contains a layer.
func partName(layer string) string {
	if part := blockName.FindStringSubmatch(layer); part != nil {
		return fmt.Sprintf("stage %d, block %d", number(part[1])+1, number(part[2])+1)
	}
	switch {
	case strings.HasPrefix(layer, "stem_"):
		return "stem"
	case strings.HasPrefix(layer, "stages_"):
		return fmt.Sprintf("stage %d, downsampling", number(layer[len("stages_"):][:1])+1)
	case layer == "head_norm":
		return "last normalization"
	}
	return "head"
}

// number parses digits that a pattern has matched.
func number(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		panic(fmt.Errorf("a layer's name: %w", err))
	}
	return n
}
