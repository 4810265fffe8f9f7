package pretrained

import "time"

// SetSilence has the hub given up after that time without a byte, until restore is called.
func SetSilence(d time.Duration) (restore func()) {
	before := client
	client.Silence = d
	return func() { client = before }
}
