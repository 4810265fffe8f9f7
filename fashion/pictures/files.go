package pictures

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/photo"
)

// file is a picture's file.
type file struct {
	path  string
	name  string // in the class's folder
	class fashion.Label
	img   fashion.Picture
	size  image.Point
	err   error // why it cannot be used
}

// extensions are those of pictures' files. Others are left out.
var extensions = []string{".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tif", ".tiff"}

// maxFiles is how many pictures a folder may have.
const maxFiles = 1 << 20

// listClasses lists the pictures of the classes' folders in each of the folders of a split.
func (r *Report) listClasses(dirs, folders []string) (list []file, err error) {
	for _, dir := range dirs {
		for class, folder := range folders {
			found, err := r.list(filepath.Join(dir, folder))
			if errors.Is(err, fs.ErrNotExist) {
				continue // no test or validation images of the class
			}
			if err != nil {
				return nil, err
			}
			for i := range found {
				found[i].class = fashion.Label(class)
			}
			if list = append(list, found...); len(list) > maxFiles {
				return nil, fmt.Errorf("%s has more than %d pictures", strings.Join(dirs, " with "), maxFiles)
			}
		}
	}
	return list, nil
}

// read reads a split from its folders.
func (r *Report) read(ctx context.Context, dirs, folders []string, p Preparation) (fashion.Set, error) {
	list, err := r.listClasses(dirs, folders)
	if err != nil {
		return fashion.Set{}, err
	}
	slices.SortStableFunc(list, func(a, b file) int { return strings.Compare(a.name, b.name) }) // of equal names the first class first
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range list {
		group.Go(func() error {
			list[i].load(ctx, p)
			return ctx.Err()
		})
	}
	if err := group.Wait(); err != nil {
		return fashion.Set{}, err
	}
	s := fashion.Set{Shape: p.Shape}
	for _, f := range list {
		if r.note(f) {
			s.Append(f.img, f.class)
		}
	}
	return s, nil
}

// list lists the pictures of a class's folder and of those in it. The folder may be a link to one; a link in it to a folder is an error, and so are names that differ in capitals only.
func (r *Report) list(dir string) ([]file, error) {
	list, others, left := find(dir)
	r.Others += others
	if len(left) > 0 {
		return nil, left[0]
	}
	names := map[string]string{} // the paths, by what is left of them where capitals do not count
	for _, f := range list {
		if other, there := names[strings.ToLower(f.path)]; there {
			return nil, fmt.Errorf("%s and %s differ in capitals only: where capitals do not count, as on most Macs and Windows machines, one of them would be lost; rename one", other, filepath.Base(f.path))
		}
		names[strings.ToLower(f.path)] = f.path
	}
	return list, nil
}

// find lists the pictures of a folder and of those in it, counts the other files, and says what it left out: links to folders, and folders that cannot be read.
func find(dir string) (list []file, others int, left []error) {
	root, err := filepath.EvalSymlinks(dir) // filepath.WalkDir does not follow a link
	if err != nil {
		return nil, 0, []error{err}
	}
	err = filepath.WalkDir(root, func(resolved string, e fs.DirEntry, err error) error {
		if err != nil {
			left = append(left, err)
			return nil // of a folder that cannot be read nothing follows
		}
		name, err := filepath.Rel(root, resolved)
		if err != nil {
			return err
		}
		path := filepath.Join(dir, name)
		switch hidden := strings.HasPrefix(e.Name(), ".") && resolved != root; {
		case e.IsDir() && hidden:
			return fs.SkipDir
		case e.IsDir() || hidden:
		case linksToFolder(path, e):
			left = append(left, notFollowed(path))
		case !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))):
			others++
		default:
			list = append(list, file{path: path, name: filepath.ToSlash(name)})
		}
		return nil
	})
	if err != nil {
		left = append(left, err)
	}
	return list, others, left
}

// linksToFolder reports whether an entry of a folder is a link to a folder.
func linksToFolder(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return false
	}
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// notFollowed is the error of a link to a folder: it could lead in a circle.
func notFollowed(path string) error {
	return fmt.Errorf("%s is a link to a folder or to nothing, which is not followed; put the folder itself there", path)
}

// List lists the pictures of a folder and of those in it, by their names, each under the folder as it is named, which may be a link. It is an error if there are none, if there is a link to a folder in
// it, or if names differ in capitals only.
func List(dir string) (paths []string, err error) {
	list, err := new(Report).list(dir)
	if err == nil && len(list) == 0 {
		err = none(dir)
	}
	return pathsOf(list), err
}

// Find lists pictures as List does, also those whose names differ in capitals only, and says what it left out.
func Find(dir string) (paths []string, left []error) {
	list, _, left := find(dir)
	if len(list) == 0 && len(left) == 0 {
		left = append(left, none(dir))
	}
	return pathsOf(list), left
}

// none is the error of a folder without pictures.
func none(dir string) error {
	return fmt.Errorf("%s has no pictures (%s)", dir, strings.Join(extensions, ", "))
}

// pathsOf are the files' paths.
func pathsOf(list []file) (paths []string) {
	for _, f := range list {
		paths = append(paths, f.path)
	}
	return paths
}

// load decodes a file and prepares its picture.
func (f *file) load(ctx context.Context, preparation Preparation) {
	if f.err = ctx.Err(); f.err != nil {
		return
	}
	limits := photo.DefaultLimits()
	data, err := disk.ReadFile(f.path, limits.Bytes)
	var img image.Image
	if err == nil {
		img, err = photo.Decode(ctx, bytes.NewReader(data), limits)
	}
	var p photo.Prepared
	if err == nil {
		f.size = img.Bounds().Size()
		p, err = preparation.Prepare(img)
	}
	if f.img, f.err = p.Picture, err; f.img == nil {
		f.img = p.Image[:]
	}
}
