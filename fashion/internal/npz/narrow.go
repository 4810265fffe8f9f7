package npz

// narrow is the largest number of classes whose labels are bytes.
const narrow = 256

// Labels is an array of labels of so many classes: bytes, where they fit.
func Labels[L ~uint16](name string, labels []L, classes int, shape ...int) Array {
	if classes > narrow {
		return Array{Name: name, DType: "<u2", Shape: shape, Data: labels}
	}
	bytes := make([]uint8, len(labels))
	for i, label := range labels {
		bytes[i] = uint8(label)
	}
	return Array{Name: name, DType: "|u1", Shape: shape, Data: bytes}
}

// ReadLabels fills labels from an array that Labels made.
func ReadLabels[L ~uint16](f File, name string, labels []L, classes int, shape ...int) error {
	a := Labels(name, labels, classes, shape...)
	if err := f.Read(a); err != nil {
		return err
	}
	if bytes, ok := a.Data.([]uint8); ok {
		for i, label := range bytes {
			labels[i] = L(label)
		}
	}
	return nil
}
