package photo

import (
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

const (
	scanWork   = 4096 // what a scan of a tiny picture takes, in pixels passed over
	transforms = 4    // what it takes to transform a block, as passes over it: in each sequential scan, but once in a progressive picture
)

// jpegCost reads the frame's components and counts the scans: a progressive picture keeps all coefficients until its last scan, and each scan passes over all blocks
// though it may be 10 bytes long. The walk is the decoder's: in a scan's data it stops at the first marker that is not a restart.
func jpegCost(file []byte) (cost, error) {
	var frame []byte // of SOF, without its length
	progressive, rgb := false, false
	scans := 0.0
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
		case marker == markerSOS:
			scans++
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
	passes := transforms * scans
	c.memory = samples
	if progressive {
		passes = transforms + scans
		c.memory += 4 * samples // an int32 for each coefficient
	}
	if n := frame[5]; n == 4 || n == 3 && (rgb || frame[6] == 'R' && frame[9] == 'G' && frame[12] == 'B') {
		c.memory += 4 * c.pixels() // it is converted
	}
	c.work, c.parts = passes*samples+scans*scanWork, fmt.Sprintf("%.0f scans", scans)
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
