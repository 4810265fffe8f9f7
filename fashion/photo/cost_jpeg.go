package photo

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The markers of a JPEG file (ITU-T T.81, table B.1).
const (
	markerSOF0, markerSOF2 = 0xc0, 0xc2 // the frame: sequential, progressive
	markerRST0, markerRST7 = 0xd0, 0xd7
	markerEOI, markerSOS   = 0xd9, 0xda
	markerAPP14            = 0xee
)

// scanWork is what a scan of a tiny picture takes, in pixels passed over.
const scanWork = 4096

// jpegCost reads the frame's components and counts the scans: a progressive picture keeps all coefficients until its last scan, and each scan passes over all blocks
// though it may be 10 bytes long. The decoder can lose its place in a scan and find markers where there are none, so every pair of bytes that looks like a scan's
// marker counts as one from the first scan on.
func jpegCost(file []byte) (cost, error) {
	var frame []byte // of SOF, without its length
	progressive, rgb := false, false
	scans, end := 0, len(file) // where the scans start and where the picture ends
	for i := 2; ; {
		// What is not a marker is data of a scan or is skipped, as the decoder does.
		for i+1 < len(file) && (file[i] != 0xff || file[i+1] == 0 || file[i+1] == 0xff) {
			i++
		}
		if i+1 >= len(file) {
			break
		}
		marker := file[i+1]
		i += 2
		if marker == markerEOI {
			end = i
			break
		}
		if marker >= markerRST0 && marker <= markerRST7 {
			continue
		}
		if i+2 > len(file) {
			break
		}
		length := int(binary.BigEndian.Uint16(file[i:]))
		if length < 2 || i+length > len(file) {
			break
		}
		segment := file[i+2 : i+length]
		switch {
		case marker >= markerSOF0 && marker <= markerSOF2 && frame == nil:
			frame, progressive = segment, marker == markerSOF2
		case marker == markerSOS && scans == 0:
			scans = i - 2
		case marker == markerAPP14:
			rgb = rgb || len(segment) >= 12 && segment[11] == 0 // Adobe: not converted to luma and chroma
		}
		i += length
	}
	if len(frame) < 6 || len(frame) < 6+3*int(frame[5]) || scans == 0 {
		return cost{}, errors.New("it has no frame or no scan")
	}
	c := cost{width: float64(binary.BigEndian.Uint16(frame[3:])), height: float64(binary.BigEndian.Uint16(frame[1:]))}
	samples := jpegSamples(frame)
	c.memory = samples
	if progressive {
		c.memory += 4 * samples // an int32 for each coefficient
	}
	body := file[scans:end]
	rgb = rgb || bytes.Contains(body, []byte{0xff, markerAPP14})
	if n := frame[5]; n == 4 || n == 3 && (rgb || frame[6] == 'R' && frame[9] == 'G' && frame[12] == 'B') {
		c.memory += 4 * c.pixels() // it is converted
	}
	n := float64(bytes.Count(body, []byte{0xff, markerSOS}))
	c.work, c.parts = (n+1)*samples+n*scanWork, fmt.Sprintf("%.0f scans", n)
	return c, nil
}

// jpegSamples returns the number of samples of all components, of whole blocks, from a frame's segment.
func jpegSamples(frame []byte) float64 {
	height, width := int(binary.BigEndian.Uint16(frame[1:])), int(binary.BigEndian.Uint16(frame[3:]))
	across, down, blocks := 1, 1, 1 // sampling factors of the first component, and the blocks of a unit
	if n := int(frame[5]); n > 1 {
		across, down, blocks = max(1, int(frame[7]>>4)), max(1, int(frame[7]&15)), 0
		for i := range n {
			factors := frame[7+3*i]
			blocks += int(factors>>4) * int(factors&15)
		}
	}
	units := ((width + 8*across - 1) / (8 * across)) * ((height + 8*down - 1) / (8 * down))
	return 64 * float64(units) * float64(blocks)
}
