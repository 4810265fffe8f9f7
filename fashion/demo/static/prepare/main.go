//go:build js && wasm

// Command prepare is the preparation of photos as WebAssembly: the page without a server calls its function preparePhoto.
package main

import (
	"bytes"
	"context"
	"syscall/js"

	"fashionlab/fashion"
	"fashionlab/fashion/photo"
)

func main() {
	js.Global().Set("preparePhoto", js.FuncOf(func(_ js.Value, args []js.Value) any {
		data := make([]byte, args[0].Length())
		js.CopyBytesToGo(data, args[0])
		p, err := prepare(data)
		if err != nil {
			return map[string]any{"error": err.Error()}
		}
		pixels := js.Global().Get("Uint8Array").New(fashion.Pixels)
		js.CopyBytesToJS(pixels, p.Image[:])
		return map[string]any{"pixels": pixels, "doubt": p.Doubt}
	}))
	select {} // the page ends it
}

// prepare prepares a photo's file as the demo's server does.
func prepare(file []byte) (photo.Prepared, error) {
	img, err := photo.Decode(context.Background(), bytes.NewReader(file), photo.DefaultLimits())
	if err != nil {
		return photo.Prepared{}, err
	}
	return photo.Prepare(img)
}
