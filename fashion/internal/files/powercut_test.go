package files_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"fashionlab/fashion/internal/files"
)

// check opens what a power cut left and compares it with what was announced until then.
func (w work) check(r *recording, s state, root string) error {
	for _, p := range r.promises {
		if p.after <= s.cut {
			if err := p.kept(root); err != nil {
				return fmt.Errorf("%s was announced and is not kept: %w", p.what, err)
			}
		}
	}
	return w.valid(root)
}

// cutOff checks that whatever a power cut leaves of a work is valid, has all that was announced, and resumes to the same results. So many states are opened, and so many of these resumed.
func (w work) cutOff(t *testing.T, opened, resumed some) {
	r, want := w.undisturbed(t)
	states := r.cuts(t)
	chosen := opened.of(len(states))
	both := resumed.of(len(chosen))
	count, checked := 0, 0
	for n, i := range chosen {
		s := states[i]
		root := w.begin(t)
		s.write(t, root)
		err := w.check(r, s, root)
		count++
		if slices.Contains(both, n) && err == nil {
			err = w.resume(t, root, want)
			checked++
		}
		if err != nil {
			t.Errorf("after %d operations, the last of which was to %s, with %s: %v", s.cut, r.last(s.cut), s.variant, err)
		}
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%-12s %5d operations, %4d announcements, %5d different states, %5d opened and valid, %5d resumed to the same results", w.name, len(r.operations), len(r.promises), len(states), count, checked)
}

// last describes the last of so many operations.
func (r *recording) last(cut int) string {
	if cut == 0 {
		return "begin"
	}
	o := r.operations[cut-1]
	return fmt.Sprintf("%s %s", o.Kind, o.Path)
}

func TestClassifierThatIsCutOffKeepsWhatWasAnnouncedAndResumesBitForBit(t *testing.T) {
	needBackend(t)
	classifier.cutOff(t, some{}, some{short: 40})
}

// A sync that is left out is noticed: what the tests above find is not that no sync is needed.
func TestPowerCutsFindEachSyncThatIsMissing(t *testing.T) {
	needBackend(t)
	r, _ := classifier.undisturbed(t)
	for _, missing := range []struct {
		kind files.Kind
		path string
	}{
		{files.Syncing, ".recipe.json."}, {files.Syncing, ".record.json."}, {files.Syncing, ".history.json."}, {files.Syncing, ".last.safetensors."}, {files.Syncing, ".best.safetensors."},
		{files.Syncing, ".validation.npz."}, {files.Syncing, ".done."}, {files.SyncingFolder, "/runs/run"}, {files.SyncingFolder, "/checkpoints"}, {files.SyncingFolder, "/predictions"},
		{files.SyncingFolder, "/published/full"},
	} {
		forgetful := r.without(missing.kind, missing.path)
		found := error(nil)
		for _, s := range forgetful.cuts(t) {
			root := classifier.begin(t)
			s.write(t, root)
			if found = classifier.check(forgetful, s, root); found != nil {
				break
			}
		}
		t.Logf("without the %s of %s: %v", missing.kind, missing.path, found)
		if found == nil {
			t.Errorf("without the %s of %s nothing is lost", missing.kind, missing.path)
		}
	}
}
