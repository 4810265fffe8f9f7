package photo

import "encoding/binary"

// webpCost adds up the chunks up to the frame of a still picture, as the decoder reads them (RFC 9649, section 2). The size in VP8X counts for the alpha channel only: that of the picture
// stands in the frame.
func webpCost(file []byte) (cost, error) {
	var canvas, alpha cost
	for name, data := range webpChunks(file[min(riffHeader, len(file)):]) {
		switch name {
		case "VP8X":
			if len(data) < 10 {
				return cost{}, errShort
			}
			canvas = cost{width: float64(1 + uint24(data[4:])), height: float64(1 + uint24(data[7:]))}
		case "ALPH":
			if len(data) < 1 {
				return cost{}, errShort
			}
			alpha = canvas
			alpha.memory, alpha.work = alpha.pixels(), alpha.pixels()
			if data[0]&3 != 0 {
				lossless := losslessCost(canvas)
				alpha.memory, alpha.work = alpha.memory+lossless.memory, alpha.work+lossless.work
			}
		case "VP8 ":
			if len(data) < 10 {
				return cost{}, errShort
			}
			c := cost{width: float64(binary.LittleEndian.Uint16(data[6:]) & 0x3fff), height: float64(binary.LittleEndian.Uint16(data[8:]) & 0x3fff)}
			c.memory = 1.5*(c.width+15)*(c.height+15) + c.pixels()/16 + float64(len(data)) // whole blocks of luma and chroma, the filters' settings, the data
			return largest(c, alpha), nil
		case "VP8L":
			if len(data) < 5 {
				return cost{}, errShort
			}
			bits := binary.LittleEndian.Uint32(data[1:])
			return losslessCost(cost{width: float64(1 + bits&0x3fff), height: float64(1 + bits>>14&0x3fff)}), nil
		}
	}
	return cost{}, errShort // there is no frame, or a chunk announces more than there is, for all of which the decoder would make room
}

// largest adds an alpha channel to a frame. It may be of another size, which the decoder notices late.
func largest(frame, alpha cost) cost {
	frame.width, frame.height = max(frame.width, alpha.width), max(frame.height, alpha.height)
	frame.memory, frame.work, frame.parts = frame.memory+alpha.memory, frame.pixels()+alpha.work, "one frame"
	return frame
}

// losslessCost is that of a lossless picture of that size: the pixels before and after a palette is applied, the four images of the transforms and of the Huffman codes,
// each of a sixteenth of the pixels, and the codes, one set for each block of 4x4 pixels up to 2600 (RFC 9649, sections 3.5 and 3.7).
func losslessCost(c cost) cost {
	const codes, set = 2600, 53 << 10 // bytes of a set of five codes at most
	c.memory = c.pixels()*(4+4+4*4/16.0) + min(codes, (c.width+3)*(c.height+3)/16)*set
	c.work, c.parts = 3*c.pixels(), "one frame"
	return c
}
