package train

import (
	"crypto/sha256"
	"encoding/hex"
	"math/rand/v2"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/tensors"

	"fashionlab/fashion"
	"fashionlab/fashion/augment"
	"fashionlab/fashion/run"
)

// part is a list of images as the backend holds them: bytes, normalized in the graph.
type part struct {
	indices []int           // positions in the file; those of synthetic images follow on the last
	set     fashion.Set     // the same images on the host
	mixed   int             // synthetic images among those of an epoch; the set has them last
	real    int             // images that are not
	images  *tensors.Tensor // uint8 [rows, 784]; rows is a multiple of the batch of what reads it
	labels  *tensors.Tensor // int32 [rows]
}

// load returns the training and the validation images that a recipe asks for. It never opens the test files.
func load(d run.Data) (train, validation part, sums map[string]string, err error) {
	dir, err := fashion.FindDir()
	if err != nil {
		return part{}, part{}, nil, err
	}
	set, err := fashion.LoadTrain(dir)
	if err != nil {
		return part{}, part{}, nil, err
	}
	t, v, err := fashion.Split(set.Labels, d.Validation, d.Limit, d.SplitSeed)
	if err != nil {
		return part{}, part{}, nil, err
	}
	of := func(positions []int) part {
		p := part{set: set.Take(positions), indices: positions, real: len(positions)}
		if d.Task == run.Rotation {
			p = p.turned()
		}
		return p
	}
	train, validation, sums = of(t), of(v), map[string]string{"training images": checksum(set)}
	if d.Synthetic.Share > 0 {
		train.mixed = int(d.Synthetic.Share*float64(train.real) + 0.5)
		made, err := synthesize(d.Synthetic, train.mixed, validation.set)
		if err != nil {
			return part{}, part{}, nil, err
		}
		train.add(made, set.Len())
		sums["synthetic images"] = checksum(made)
	}
	return train, validation, sums, nil
}

// add adds synthetic images, whose indices begin there.
func (p *part) add(made fashion.Set, firstIndex int) {
	for i := range made.Images {
		p.indices = append(p.indices, firstIndex+i)
	}
	p.set.Images, p.set.Labels = append(p.set.Images, made.Images...), append(p.set.Labels, made.Labels...)
}

// turned is a part with each image in its four orientations, which are its labels. Image i of the file has the positions 4*i to 4*i+3.
func (p part) turned() part {
	t := part{set: p.set.RotationTask(), real: 4 * p.real}
	for _, i := range p.indices {
		t.indices = append(t.indices, 4*i, 4*i+1, 4*i+2, 4*i+3)
	}
	return t
}

// checksum is the sha256 of a set's pixels.
func checksum(s fashion.Set) string {
	h := sha256.New()
	for i := range s.Images {
		h.Write(s.Images[i][:]) // a hash never fails
	}
	return hex.EncodeToString(h.Sum(nil))
}

// upload fills the tensors, with black images of class 0 up to the next multiple of a batch.
func (p *part) upload(multiple int) {
	rows := (p.set.Len() + multiple - 1) / multiple * multiple
	p.images = tensors.FromShape(shapes.Make(dtypes.Uint8, rows, fashion.Pixels))
	tensors.MustMutableFlatData(p.images, func(flat []uint8) {
		for i := range p.set.Images {
			copy(flat[i*fashion.Pixels:], p.set.Images[i][:])
		}
	})
	p.labels = tensors.FromShape(shapes.Make(dtypes.Int32, rows))
	tensors.MustMutableFlatData(p.labels, func(flat []int32) {
		for i, l := range p.set.Labels {
			flat[i] = int32(l)
		}
	})
}

// feed is what an epoch's steps read beside the images.
type feed struct {
	order *tensors.Tensor // int32 [steps*batch], positions in the part
	rows  *tensors.Tensor // float32 [steps*batch, augment.Columns], what each image of the order drew; nil without augmentation
}

// newFeed prepares an epoch of a part.
func newFeed(p part, recipe run.Recipe, epoch int) feed {
	list := p.order(recipe.Batch, recipe.Seed, epoch)
	f := feed{order: tensors.FromFlatDataAndDimensions(list, len(list))}
	columns := augment.Columns(recipe.Augmentation)
	if columns == 0 {
		return f
	}
	rows := make([]float32, 0, len(list)*columns)
	for _, i := range list {
		drawn := augment.Draw(recipe.Augmentation, recipe.Seed, epoch, p.indices[i])
		rows = drawn.AppendRow(rows, recipe.Augmentation, fashion.Side, fashion.Side)
	}
	f.rows = tensors.FromFlatDataAndDimensions(rows, len(list), columns)
	return f
}

// args are the inputs of the training graph for a step of the epoch. Those that are the same for all steps stay on
// the device.
func (f feed) args(data part, position int, keys []uint32, scalars []float32) []any {
	args := []any{data.images, data.labels, f.order, int32(position), keys, scalars}
	if f.rows != nil {
		args = append(args, f.rows)
	}
	return args
}

// shapes are the shapes of args.
func (f feed) shapes(data part, scalars int) []shapes.Shape {
	list := []shapes.Shape{data.images.Shape(), data.labels.Shape(), f.order.Shape(),
		shapes.Make(dtypes.Int32), shapes.Make(dtypes.Uint32, 2), shapes.Make(dtypes.Float32, scalars)}
	if f.rows != nil {
		list = append(list, f.rows.Shape())
	}
	return list
}

// free gives the memory back.
func (f feed) free() {
	f.order.FinalizeAll()
	if f.rows != nil {
		f.rows.FinalizeAll()
	}
}

// order is the order of an epoch's images, 1 for the first epoch, filled up to a whole number of batches. It depends
// on the seed and the epoch alone.
func (p part) order(batch int, seed uint64, epoch int) []int32 {
	r := rand.New(rand.NewPCG(seed, uint64(epoch)))
	chosen := r.Perm(p.real)
	if p.mixed > 0 {
		chosen = chosen[:p.real-p.mixed]
		for _, i := range r.Perm(p.set.Len() - p.real)[:p.mixed] {
			chosen = append(chosen, p.real+i)
		}
		r.Shuffle(len(chosen), func(i, j int) { chosen[i], chosen[j] = chosen[j], chosen[i] })
	}
	list := make([]int32, 0, len(chosen)+batch)
	for _, i := range chosen {
		list = append(list, int32(i))
	}
	for i := 0; len(list)%batch != 0; i++ {
		list = append(list, list[i])
	}
	return list
}
