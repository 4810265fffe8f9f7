package files_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
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
	t.Helper()
	r, want := w.undisturbed(t)
	w.checkStates(t, w.name, r, r.cuts(t), want, opened, resumed)
}

// killAndCutOff checks the same of the next attempt after the work was killed, so many times, each before it brought something to the disk.
func (w work) killAndCutOff(t *testing.T, kills, opened, resumed some) {
	t.Helper()
	r, want := w.undisturbed(t)
	var syncs []int
	for i, o := range r.operations {
		if o.Kind == files.Syncing || o.Kind == files.SyncingFolder {
			syncs = append(syncs, i)
		}
	}
	for _, i := range kills.of(len(syncs)) {
		at := syncs[i]
		second := w.afterKill(t, r, at)
		states := slices.DeleteFunc(second.cuts(t), func(s state) bool { return s.cut < at })
		w.checkStates(t, fmt.Sprintf("%s killed after %d", w.name, at), second, states, want, opened, resumed)
	}
}

// afterKill is the recording of a work that was killed after so many operations, and then done again.
func (w work) afterKill(t *testing.T, r *recording, at int) *recording {
	t.Helper()
	m := newModel()
	for _, o := range r.operations[:at] {
		m.do(t, r, o)
	}
	root := w.begin(t)
	m.state(at, "", m.now, contents["complete"]).write(t, root)
	second := record(t, root, func(r *recording) {
		if err := w.do(r); err != nil {
			t.Fatal(err)
		}
	})
	both := &recording{root: root}
	for _, o := range r.operations[:at] {
		o.Path, o.To = strings.Replace(o.Path, r.root, root, 1), strings.Replace(o.To, r.root, root, 1)
		both.operations = append(both.operations, o)
	}
	both.operations = append(both.operations, second.operations...)
	for _, p := range second.promises {
		p.after += at
		both.promises = append(both.promises, p)
	}
	return both
}

func (w work) checkStates(t *testing.T, name string, r *recording, states []state, want map[string]string, opened, resumed some) {
	t.Helper()
	chosen := opened.of(len(states))
	both := resumed.of(len(chosen))
	for n, i := range chosen {
		s := states[i]
		root := w.begin(t)
		s.write(t, root)
		err := w.check(r, s, root)
		if err == nil && slices.Contains(both, n) {
			err = w.resume(t, root, want)
		}
		if err != nil {
			t.Errorf("after %d operations, the last of which was to %s, with %s: %v", s.cut, r.last(s.cut), s.variant, err)
		}
		if err := os.RemoveAll(root); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%-12s %5d operations, %4d announcements, %5d different states, %5d opened, %5d resumed", name, len(r.operations), len(r.promises), len(states), len(chosen), len(both))
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
	classifier.cutOff(t, some{}, some{short: 25})
}

func TestClassifierThatIsCutOffAfterAKilledAttemptKeepsWhatWasAnnounced(t *testing.T) {
	needBackend(t)
	classifier.killAndCutOff(t, some{4, 40}, some{short: 60}, some{4, 20})
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
