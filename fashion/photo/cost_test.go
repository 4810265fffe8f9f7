package photo

import (
	"image"
	"io"
	"strings"
	"testing"
)

func TestPanicOfADecoderIsAnError(t *testing.T) {
	f := format{decode: func(io.Reader) (image.Image, error) { panic("unreachable") }}
	if img, err := f.picture(strings.NewReader("")); img != nil || err == nil || err.Error() != "unreachable" {
		t.Errorf("%v and %v, want an error with what the decoder said", img, err)
	}
}
