package run

import "testing"

// A run that is moved to a machine with a GPU and back says which epochs were computed where.
func TestRecordKeepsEachDeviceThatComputedEpochs(t *testing.T) {
	cpu := Computer{Device: "cpu: a processor, 2 cores", Backend: "xla:cpu, PJRT 0.115"}
	gpu := Computer{Device: "NVIDIA H100 80GB HBM3", Driver: "580.65.06", Backend: "xla:cuda, PJRT 0.115"}
	newer := gpu
	newer.Driver = "590.10.01"
	var r Record
	for i, step := range []struct {
		on     Computer
		epochs int // finished before
		moved  bool
		want   string
	}{
		{cpu, 0, false, cpu.Device},
		{cpu, 2, false, cpu.Device},
		{gpu, 3, true, "cpu: a processor, 2 cores (to epoch 3), then NVIDIA H100 80GB HBM3"},
		{newer, 3, true, "cpu: a processor, 2 cores (to epoch 3), then NVIDIA H100 80GB HBM3"}, // the first driver finished none
		{cpu, 3, false, cpu.Device}, // nothing was computed elsewhere after all
		{newer, 3, true, "cpu: a processor, 2 cores (to epoch 3), then NVIDIA H100 80GB HBM3"},
		{cpu, 5, true, "cpu: a processor, 2 cores (to epoch 3), then NVIDIA H100 80GB HBM3 (to epoch 5), then cpu: a processor, 2 cores"},
	} {
		if _, moved := r.ComputedOn(step.on, step.epochs); moved != step.moved || r.Devices() != step.want {
			t.Errorf("step %d: moved %v, %q, want %v, %q", i, moved, r.Devices(), step.moved, step.want)
		}
	}
	if got := r.Before[1].Driver; got != newer.Driver {
		t.Errorf("epochs 4 and 5 were computed by the driver %q, want %q", got, newer.Driver)
	}
}
