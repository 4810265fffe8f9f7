package files_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fashionlab/fashion/internal/files"
)

// node is a file or a folder.
type node struct {
	folder      bool
	now, synced []byte // content of a file, and that of its last Sync
}

// edit gives a name in a folder to a node, or takes it away from its own, which is -1 then.
type edit struct {
	folder int
	name   string
	node   int
}

// change is the edits of one operation, which no power cut separates.
type change []edit

func (c change) in(folder int) bool {
	return slices.ContainsFunc(c, func(e edit) bool { return e.folder == folder })
}

// meets reports whether two changes have a folder in common.
func (c change) meets(other change) bool {
	return slices.ContainsFunc(c, func(e edit) bool { return other.in(e.folder) })
}

// tree is the names in each folder. Node 0 is the root.
type tree map[int]map[string]int

func (t tree) clone() tree {
	c := tree{}
	for folder, names := range t {
		c[folder] = maps.Clone(names)
	}
	return c
}

func (t tree) apply(c change) {
	for _, e := range c {
		if t[e.folder] == nil {
			t[e.folder] = map[string]int{}
		}
		if e.node < 0 {
			delete(t[e.folder], e.name)
		} else {
			t[e.folder][e.name] = e.node
		}
	}
}

// model is a file system during a recording: what a program sees, and what a power cut leaves for certain.
type model struct {
	nodes        []node
	now, certain tree
	pending      []change // since, in order
}

func newModel() *model {
	return &model{nodes: []node{{folder: true}}, now: tree{}, certain: tree{}}
}

// find is the folder of a path and its node there, -1 if there is none.
func (m *model) find(t *testing.T, names []string) (folder int, name string, found int) {
	t.Helper()
	for i, name := range names {
		child, ok := m.now[folder][name]
		if i == len(names)-1 {
			if !ok {
				child = -1
			}
			return folder, name, child
		}
		if !ok {
			t.Fatalf("%v is not there", names)
		}
		folder = child
	}
	return 0, "", 0
}

// do does a recorded operation.
func (m *model) do(t *testing.T, r *recording, o files.Operation) {
	t.Helper()
	folder, name, at := m.find(t, r.names(t, o.Path))
	edits := func(c ...edit) {
		m.now.apply(c)
		m.pending = append(m.pending, c)
	}
	switch o.Kind {
	case files.Opening, files.MakingFolder:
		if at < 0 {
			m.nodes = append(m.nodes, node{folder: o.Kind == files.MakingFolder})
			edits(edit{folder, name, len(m.nodes) - 1})
		}
	case files.Writing:
		n := &m.nodes[at]
		n.now = append(bytes.Clone(n.now), make([]byte, max(0, int(o.Offset)+len(o.Data)-len(n.now)))...)
		copy(n.now[o.Offset:], o.Data)
	case files.Truncating:
		n := &m.nodes[at]
		n.now = append(bytes.Clone(n.now), make([]byte, max(0, int(o.Offset)-len(n.now)))...)[:o.Offset]
	case files.Syncing:
		m.nodes[at].synced = m.nodes[at].now
	case files.Removing:
		edits(edit{folder, name, -1})
	case files.Linking, files.Renaming:
		other, otherName, there := m.find(t, r.names(t, o.To))
		switch {
		case o.Kind == files.Linking:
			edits(edit{other, otherName, at})
		case there != at: // rename(2) leaves two names of one file
			edits(edit{folder, name, -1}, edit{other, otherName, at})
		}
	case files.SyncingFolder:
		m.sync(at)
	default:
		t.Fatalf("no operation is known as %q", o.Kind)
	}
}

// sync makes certain what was changed in a folder, and what was changed in others before that, where one change is of both.
func (m *model) sync(folder int) {
	certain := make([]bool, len(m.pending))
	for i := len(m.pending) - 1; i >= 0; i-- {
		certain[i] = m.pending[i].in(folder)
		for j := i + 1; j < len(m.pending) && !certain[i]; j++ {
			certain[i] = certain[j] && m.pending[i].meets(m.pending[j])
		}
	}
	var left []change
	for i, c := range m.pending {
		if certain[i] {
			m.certain.apply(c)
		} else {
			left = append(left, c)
		}
	}
	m.pending = left
}

// after is the tree after a power cut that keeps the pending changes that keep names, unless one before them in the same folder is lost.
func (m *model) after(keep func(i int, c change) bool) tree {
	t := m.certain.clone()
	var lost []change
	for i, c := range m.pending {
		if keep(i, c) && !slices.ContainsFunc(lost, c.meets) {
			t.apply(c)
		} else {
			lost = append(lost, c)
		}
	}
	return t
}

// contents are what may be left of a file's content that was not synced.
var contents = map[string]func(n node) []byte{
	"lost": func(n node) []byte { return n.synced },
	"zeros": func(n node) []byte {
		return append(bytes.Clone(n.now[:common(n)]), make([]byte, len(n.now)-common(n))...)
	},
	"half":     func(n node) []byte { return n.now[:common(n)+(len(n.now)-common(n))/2] },
	"complete": func(n node) []byte { return n.now },
}

// common is how many bytes are those of the last Sync.
func common(n node) (i int) {
	for i < len(n.now) && i < len(n.synced) && n.now[i] == n.synced[i] {
		i++
	}
	return i
}

// state is a folder as a power cut could leave it.
type state struct {
	cut     int // after so many operations
	variant string
	files   map[string][]byte // by path, with slashes; nil for a folder. States share them
}

// key is the same for states of the same files. The process that a lock names does not matter.
func (s state) key() string {
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		content := s.files[name]
		if filepath.Base(name) == "lock" {
			content = nil
		}
		fmt.Fprintf(h, "%q %v %d %x\n", name, s.files[name] == nil, len(content), sha256.Sum256(content))
	}
	return string(h.Sum(nil))
}

// write makes the state in a new folder.
func (s state) write(t *testing.T, root string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		path := filepath.Join(root, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(path), 0o777)
		if err == nil && s.files[name] == nil {
			err = os.MkdirAll(path, 0o777)
		} else if err == nil {
			err = os.WriteFile(path, s.files[name], 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// state reads a tree, with that content of the files that are not synced.
func (m *model) state(cut int, variant string, names tree, content func(node) []byte) state {
	s := state{cut, variant, map[string][]byte{}}
	var walk func(folder int, path string)
	walk = func(folder int, path string) {
		for name, i := range names[folder] {
			n := m.nodes[i]
			switch {
			case n.folder:
				s.files[path+name] = nil
				walk(i, path+name+"/")
			default:
				if s.files[path+name] = content(n); s.files[path+name] == nil {
					s.files[path+name] = []byte{}
				}
			}
		}
	}
	walk(0, "")
	return s
}

// states are the folder as a power cut could leave it now: by a pessimist, who loses all that is not certain, by adversaries, who keep names and lose contents or the changes of one folder alone, and by
// chance.
func (m *model) states(cut int, chance *rand.Rand) (list []state) {
	all := func(int, change) bool { return true }
	none := func(int, change) bool { return false }
	for _, what := range slices.Sorted(maps.Keys(contents)) {
		list = append(list, m.state(cut, "no names, contents "+what, m.after(none), contents[what]), m.state(cut, "all names, contents "+what, m.after(all), contents[what]))
	}
	var folders []int
	for _, c := range m.pending {
		for _, e := range c {
			folders = append(folders, e.folder)
		}
	}
	slices.Sort(folders)
	folders = slices.Compact(folders)
	for _, folder := range folders {
		only := func(_ int, c change) bool { return c.in(folder) }
		but := func(_ int, c change) bool { return !c.in(folder) }
		list = append(list, m.state(cut, "the names of one folder", m.after(only), contents["complete"]), m.state(cut, "the names of all folders but one", m.after(but), contents["lost"]))
	}
	for range 3 {
		lost := map[int]int{} // the first change that is lost in a folder
		for _, folder := range folders {
			lost[folder] = chance.IntN(len(m.pending) + 1)
		}
		keep := func(i int, c change) bool {
			return !slices.ContainsFunc(c, func(e edit) bool { return i >= lost[e.folder] })
		}
		kinds := slices.Sorted(maps.Keys(contents))
		list = append(list, m.state(cut, "by chance", m.after(keep), func(n node) []byte { return contents[kinds[chance.IntN(len(kinds))]](n) }))
	}
	return list
}

// cuts are the different states that power cuts could leave, before the first operation and after each.
func (r *recording) cuts(t *testing.T) (list []state) {
	t.Helper()
	m, seen, chance := newModel(), map[string]bool{}, rand.New(rand.NewPCG(1, 2))
	for cut := 0; ; cut++ {
		for _, s := range m.states(cut, chance) {
			// The same files with more promised are another case.
			kept := slices.IndexFunc(r.promises, func(p promise) bool { return p.after > cut })
			if key := fmt.Sprint(kept) + s.key(); !seen[key] {
				seen[key] = true
				list = append(list, s)
			}
		}
		if cut == len(r.operations) {
			return list
		}
		m.do(t, r, r.operations[cut])
	}
}
