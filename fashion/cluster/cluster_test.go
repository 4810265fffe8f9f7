package cluster

import (
	"io"
	"log"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	log.SetOutput(io.Discard) // what is said of buckets that fail on purpose
	os.Exit(m.Run())
}
