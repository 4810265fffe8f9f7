package photo

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"
)

const (
	pngSignature = "\x89PNG\r\n\x1a\n"
	pngAround    = 12 // bytes around a chunk's data: length, type and checksum
)

// Warnings says what is wrong with the file of a picture that Decode reads all the same: ancillary chunks of a PNG file, such as a colour profile, that do not fit their
// checksums. Decode ignores them.
func Warnings(file []byte) []string {
	_, ignored := withoutCorruptChunks(file)
	if len(ignored) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("a part of the PNG file is corrupt and was ignored (%s): the picture may look different", strings.Join(ignored, ", "))}
}

// maxIgnored is how many names of ignored chunks are reported.
const maxIgnored = 4

// withoutCorruptChunks returns a PNG file without the ancillary chunks that do not fit their checksums, and the names of some of them (W3C, Portable Network Graphics,
// sections 5.3, 5.4 and 13.2). Critical chunks, without which there is no picture, stay for the decoder to check. A file of another format is returned as it is.
func withoutCorruptChunks(file []byte) (mended []byte, ignored []string) {
	if !bytes.HasPrefix(file, []byte(pngSignature)) {
		return file, nil
	}
	kept := 0 // bytes of the file that are in mended, or were ignored
	for rest := file[len(pngSignature):]; len(rest) >= pngAround; {
		length := uint64(binary.BigEndian.Uint32(rest))
		if length+pngAround > uint64(len(rest)) {
			break
		}
		chunk := rest[:length+pngAround]
		body, checksum := chunk[4:len(chunk)-4], binary.BigEndian.Uint32(chunk[len(chunk)-4:])
		if ancillary := body[0]&0x20 != 0; ancillary && crc32.ChecksumIEEE(body) != checksum {
			at := len(file) - len(rest)
			mended, kept = append(mended, file[kept:at]...), at+len(chunk)
			if len(ignored) < maxIgnored {
				if name := fmt.Sprintf("%q", body[:4]); !slices.Contains(ignored, name) {
					ignored = append(ignored, name)
				}
			}
		}
		rest = rest[len(chunk):]
	}
	if kept == 0 {
		return file, nil
	}
	return append(mended, file[kept:]...), ignored
}
