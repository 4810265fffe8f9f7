package photo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// The tags of a TIFF file that decide what it costs ("TIFF Revision 6.0", 1992, sections 8 and 15).
const (
	tagWidth, tagHeight, tagBits, tagCompression, tagColours = 256, 257, 258, 259, 262
	tagRowsPerStrip, tagTileWidth, tagTileHeight             = 278, 322, 323
	compressionNone                                          = 1
	coloursRGB                                               = 2
	partBytes                                                = 8       // of a pixel, which the decoder allows a strip or tile to unpack into
	partWork                                                 = 1 << 16 // of a compressed strip or tile, in pixels passed over: its decoder is made anew
)

// tiffCost reads the first directory: the picture, and the largest strip or tile, which may be larger than the picture and may unpack into more than it needs.
func tiffCost(file []byte) (cost, error) {
	tags, err := tiffTags(file)
	if err != nil {
		return cost{}, err
	}
	c := cost{width: tags[tagWidth], height: tags[tagHeight]}
	partWidth, partHeight, name := c.width, c.height, "strips"
	if tags[tagTileWidth] > 0 {
		partWidth, partHeight, name = tags[tagTileWidth], tags[tagTileHeight], "tiles"
	} else if rows := tags[tagRowsPerStrip]; rows > 0 {
		partHeight = min(rows, partHeight)
	}
	if partWidth < 1 || partHeight < 1 {
		return cost{}, errors.New("it has strips or tiles without pixels")
	}
	n := math.Ceil(c.width/partWidth) * math.Ceil(c.height/partHeight)
	part := partBytes * partWidth * partHeight
	bytes := 1.0
	if tags[tagColours] == coloursRGB {
		bytes = 4
	}
	if tags[tagBits] == 16 {
		bytes *= 2
	}
	c.memory, c.work = bytes*c.pixels(), c.pixels()
	if k := tags[tagCompression]; k == compressionNone || k == 0 {
		c.memory += 3 * min(part, float64(len(file)))
	} else {
		c.memory += 3 * part // it grows by doubling, and is copied as it does
		c.work += n * (part/partBytes + partWork)
	}
	c.parts = fmt.Sprintf("%.0f %s", n, name)
	return c, nil
}

// tiffTags returns the first value of each tag of whole numbers in the first directory.
func tiffTags(file []byte) (map[uint16]float64, error) {
	if len(file) < 8 {
		return nil, errShort
	}
	var order binary.ByteOrder = binary.LittleEndian
	if file[0] == 'M' {
		order = binary.BigEndian
	}
	at := uint64(order.Uint32(file[4:]))
	if at+2 > uint64(len(file)) {
		return nil, errShort
	}
	entries := file[at+2:]
	tags := map[uint16]float64{}
	for range order.Uint16(file[at:]) {
		if len(entries) < 12 {
			return nil, errShort
		}
		entry, value := entries[:12], entries[8:12]
		entries = entries[12:]
		kind, count := order.Uint16(entry[2:]), uint64(order.Uint32(entry[4:]))
		size, ok := map[uint16]uint64{1: 1, 3: 2, 4: 4}[kind]
		if !ok || count == 0 {
			continue
		}
		if size*count > 4 { // it stands elsewhere
			offset := uint64(order.Uint32(value))
			if offset+4 > uint64(len(file)) {
				return nil, errShort
			}
			value = file[offset:]
		}
		switch tag := order.Uint16(entry); kind {
		case 1:
			tags[tag] = float64(value[0])
		case 3:
			tags[tag] = float64(order.Uint16(value))
		case 4:
			tags[tag] = float64(order.Uint32(value))
		}
	}
	return tags, nil
}
