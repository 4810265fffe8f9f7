// Package safetensors writes and reads files of tensors in the safetensors format (https://huggingface.co/docs/safetensors): the header's length as a little-endian
// uint64, the header as JSON, the tensors' bytes. Its files carry checksums, CRC-32 (IEEE), among their metadata: "crc32" of the tensors' bytes, and "crc32_header" of the
// header with eight zeros in the place of this one. Files that were written before there was the second are read without it.
package safetensors

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"slices"
)

// Tensor is a named array of little-endian values in row order.
type Tensor struct {
	Name  string
	DType string // in safetensors' words: "F32", "I64", "U8", ...
	Shape []int
	Data  []byte
}

// Check reports a tensor of an unknown type, or with more or fewer bytes than its type and shape need.
func (t Tensor) Check() error {
	if want, err := (tensorHeader{DType: t.DType, Shape: t.Shape}).size(); err != nil || want != len(t.Data) {
		return &Error{fmt.Sprintf("tensor %q of type %q and shape %v in %d bytes", t.Name, t.DType, t.Shape, len(t.Data)), "as many as these need", err}
	}
	return nil
}

// tensorHeader is what the header says of a tensor.
type tensorHeader struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

// The keys of the checksums, and of the metadata in the header.
const (
	bodyKey     = "crc32"
	headerKey   = "crc32_header"
	metadataKey = "__metadata__"
	zeros       = "00000000"
)

// Checksums are the keys of the checksums among the metadata.
var Checksums = []string{bodyKey, headerKey}

// Encode returns the file of tensors and metadata.
func Encode(metadata map[string]string, tensors []Tensor) ([]byte, error) {
	header := map[string]any{}
	size, crc := 0, crc32.NewIEEE()
	for _, t := range tensors {
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		header[t.Name] = tensorHeader{t.DType, shape, [2]int{size, size + len(t.Data)}}
		size += len(t.Data)
		crc.Write(t.Data) // a hash never fails
	}
	metadata = maps.Clone(metadata)
	metadata[bodyKey], metadata[headerKey] = fmt.Sprintf("%08x", crc.Sum32()), zeros
	header[metadataKey] = metadata
	head, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	copy(head[sumPosition(head):], fmt.Sprintf("%08x", crc32.ChecksumIEEE(head)))
	data := binary.LittleEndian.AppendUint64(make([]byte, 0, 8+len(head)+size), uint64(len(head)))
	data = append(data, head...)
	for _, t := range tensors {
		data = append(data, t.Data...)
	}
	return data, nil
}

// sumPosition is where in a header its own checksum is; its end if there is none. Within a string of the header the quotes of the key would be escaped.
func sumPosition(head []byte) int {
	key := []byte(`"` + headerKey + `":"`)
	i := bytes.Index(head, key)
	if i < 0 || i+len(key)+len(zeros) > len(head) {
		return len(head)
	}
	return i + len(key)
}

// Error is what was found in a file in place of what was wanted.
type Error struct {
	Got, Want string
	Err       error
}

func (e *Error) Error() string {
	s := fmt.Sprintf("found %s, want %s", e.Got, e.Want)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *Error) Unwrap() error { return e.Err }

// maxHeader bounds what ReadMetadata reads, in bytes.
const maxHeader = 64 << 20

// ReadMetadata reads the metadata of a file and nothing behind its header.
func ReadMetadata(r io.Reader) (map[string]string, error) {
	var n uint64
	if err := binary.Read(r, binary.LittleEndian, &n); err != nil {
		return nil, err
	}
	if n > maxHeader {
		return nil, &Error{fmt.Sprintf("a header of %d bytes", n), fmt.Sprintf("%d at most", maxHeader), nil}
	}
	head, err := io.ReadAll(io.LimitReader(r, int64(n))) // takes as much memory as there is to read, whatever the file announces
	if err != nil {
		return nil, err
	}
	if uint64(len(head)) < n {
		return nil, io.ErrUnexpectedEOF
	}
	metadata, _, err := decodeHeader(head)
	return metadata, err
}

// decodeHeader checks a header's checksum, if it has one, and returns the metadata and what it says of the tensors.
func decodeHeader(head []byte) (metadata map[string]string, tensors map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(head, &tensors); err != nil {
		return nil, nil, &Error{"a corrupt header", "JSON", err}
	}
	if err := json.Unmarshal(tensors[metadataKey], &metadata); err != nil {
		return nil, nil, &Error{"no metadata of ours", "those of a file of this project", err}
	}
	delete(tensors, metadataKey)
	if want, ok := metadata[headerKey]; ok {
		blank := bytes.Clone(head)
		copy(blank[sumPosition(blank):], zeros)
		if got := fmt.Sprintf("%08x", crc32.ChecksumIEEE(blank)); got != want {
			return nil, nil, &Error{"a header with checksum " + got, fmt.Sprintf("%q", want), nil}
		}
	}
	return metadata, tensors, nil
}

// Decode is the inverse of Encode; the metadata have the checksums too. The tensors share data's memory, and have its order.
func Decode(data []byte) (metadata map[string]string, tensors []Tensor, err error) {
	bad := func(got, want string) (map[string]string, []Tensor, error) {
		return nil, nil, &Error{got, want, nil}
	}
	if len(data) < 8 {
		return bad(fmt.Sprintf("%d bytes", len(data)), "a header of 8 or more")
	}
	n := binary.LittleEndian.Uint64(data)
	if n > uint64(len(data)-8) {
		return bad(fmt.Sprintf("a header of %d bytes in a file of %d", n, len(data)), "a whole file")
	}
	metadata, headers, err := decodeHeader(data[8 : 8+n])
	if err != nil {
		return nil, nil, err
	}
	body := data[8+n:]
	if got, want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(body)), metadata[bodyKey]; got != want {
		return bad(fmt.Sprintf("tensors of %d bytes with checksum %s", len(body), got), fmt.Sprintf("%q (the file is cut or corrupt)", want))
	}
	offsets := map[string]int{}
	for name, raw := range headers {
		var h tensorHeader
		if err := json.Unmarshal(raw, &h); err != nil {
			return nil, nil, &Error{fmt.Sprintf("a corrupt header of tensor %q", name), "JSON", err}
		}
		if h.Offsets[0] < 0 || h.Offsets[1] < h.Offsets[0] || h.Offsets[1] > len(body) {
			return bad(fmt.Sprintf("tensor %q at bytes %v of %d", name, h.Offsets, len(body)), "a place inside the file")
		}
		t := Tensor{name, h.DType, h.Shape, body[h.Offsets[0]:h.Offsets[1]]}
		if err := t.Check(); err != nil {
			return nil, nil, err
		}
		offsets[name] = h.Offsets[0]
		tensors = append(tensors, t)
	}
	slices.SortFunc(tensors, func(a, b Tensor) int {
		return cmp.Or(cmp.Compare(offsets[a.Name], offsets[b.Name]), cmp.Compare(len(a.Data), len(b.Data)), cmp.Compare(a.Name, b.Name))
	})
	end := 0
	for _, t := range tensors {
		if offsets[t.Name] != end {
			return bad(fmt.Sprintf("tensor %q at byte %d", t.Name, offsets[t.Name]), fmt.Sprintf("it at %d, where the one before it ends", end))
		}
		end += len(t.Data)
	}
	if end != len(body) {
		return bad(fmt.Sprintf("tensors of %d bytes in %d", end, len(body)), "nothing between or behind them")
	}
	return metadata, tensors, nil
}

// width is the size in bytes of a value.
var width = map[string]int{"BOOL": 1, "U8": 1, "I8": 1, "U16": 2, "I16": 2, "F16": 2, "BF16": 2, "U32": 4, "I32": 4, "F32": 4, "U64": 8, "I64": 8, "F64": 8}

// size is how many bytes a tensor has.
func (h tensorHeader) size() (int, error) {
	size, known := width[h.DType]
	if !known {
		return 0, errors.New("unknown type")
	}
	for _, d := range h.Shape {
		if d < 0 || d > 0 && size > math.MaxInt/d {
			return 0, errors.New("impossible shape")
		}
		size *= d
	}
	return size, nil
}
