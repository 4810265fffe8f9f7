package bench

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fashionlab/fashion/run"
)

func TestSpeedrunTimesTheFirstEpochOfEachAccuracy(t *testing.T) {
	a := attempt{History: []run.Epoch{{Epoch: 1, ValidationAccuracy: 0.9, Seconds: 10}, {Epoch: 2, ValidationAccuracy: 0.935, Seconds: 11}, {Epoch: 3, ValidationAccuracy: 0.93, Seconds: 12}, {Epoch: 4, ValidationAccuracy: 0.94, Seconds: 13}}}
	for target, want := range map[float64]string{0.93: "21 s, epoch 2", 0.94: "46 s, epoch 4", 0.95: "-"} {
		if got := a.reached(target); got != want {
			t.Errorf("%v is reached after %s, want %s", target, got, want)
		}
	}
}

func TestSpeedrunReadsRunsAndWhatPeersWrote(t *testing.T) {
	t.Setenv(run.RootVariable, t.TempDir())
	peer := filepath.Join(t.TempDir(), "torch.json")
	if err := os.WriteFile(peer, []byte(`{"name": "PyTorch 2", "parameters": 7, "history": [{"epoch": 1, "loss": 1, "validation_accuracy": 0.951, "seconds": 61.5}]}`), 0o666); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := Speedrun(&out, []string{"full/residual", peer}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || !strings.HasPrefix(lines[1], "full/residual (published)") || !strings.HasPrefix(lines[2], "PyTorch 2") || strings.Count(lines[2], "62 s, epoch 1") != 3 {
		t.Errorf("the table is\n%s", out.String())
	}
	for _, names := range [][]string{nil, {"full/none"}, {filepath.Join(t.TempDir(), "none.json")}} {
		if err := Speedrun(&out, names); err == nil {
			t.Errorf("%q have a table, want an error", names)
		}
	}
}
