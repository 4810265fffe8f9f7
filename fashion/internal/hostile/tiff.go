package hostile

import (
	"encoding/binary"
	"slices"
)

// tiffFile is a directory: the values of each tag.
type tiffFile map[int][]int

func (f tiffFile) with(tag int, values ...int) tiffFile { f[tag] = values; return f }

// parts has n strips or tiles, all in the same place.
func (f tiffFile) parts(n int, tiles bool) tiffFile {
	offsets, counts := 273, 279
	if tiles {
		offsets, counts = 324, 325
	}
	f[offsets], f[counts] = make([]int, n), make([]int, n)
	return f
}

// file writes the data, the values and the directory, in that order.
func (f tiffFile) file(data []byte) []byte {
	out := slices.Concat([]byte("II*\x00\x00\x00\x00\x00"), data)
	var tags []int
	for tag := range f {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	directory := binary.LittleEndian.AppendUint16(nil, uint16(len(tags)))
	for _, tag := range tags {
		values := f[tag]
		var raw []byte
		for _, v := range values {
			switch tag {
			case 273, 324:
				v = 8
			case 279, 325:
				v = len(data)
			}
			raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		}
		if len(raw) > 4 {
			out, raw = append(out, raw...), binary.LittleEndian.AppendUint32(nil, uint32(len(out)))
		}
		directory = binary.LittleEndian.AppendUint16(directory, uint16(tag))
		directory = binary.LittleEndian.AppendUint16(directory, 4)
		directory = binary.LittleEndian.AppendUint32(directory, uint32(len(values)))
		directory = append(directory, raw...)
	}
	binary.LittleEndian.PutUint32(out[4:], uint32(len(out)))
	return append(append(out, directory...), 0, 0, 0, 0)
}

// bigDirectory is a TIFF file with as many tags as there can be, and no width.
func bigDirectory() []byte {
	f := tiffFile{}
	for tag := range 65535 {
		if tag < 256 || tag > 340 {
			f[tag] = []int{0}
		}
	}
	return f.file(nil)
}
