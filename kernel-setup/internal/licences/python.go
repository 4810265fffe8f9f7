package licences

import (
	"bufio"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fashionlab/fashion"
	"fashionlab/kernel-setup/internal/layout"
)

// pythonPackages lists the packages of the private environment and of the plugins for GPUs.
func pythonPackages(l layout.Layout) (list []Component, err error) {
	for dir, pattern := range map[string]string{l.Venv(): "lib/python*/site-packages/*.dist-info", l.CUDA(): "*/*.dist-info"} {
		infos, err := fashion.Glob(dir, pattern)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, info := range infos {
			c, err := pythonPackage(info)
			if err != nil {
				return nil, err
			}
			list = append(list, c)
		}
	}
	slices.SortFunc(list, func(a, b Component) int { return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	if len(list) == 0 {
		list = append(list, Component{Name: "JupyterLab and what it needs"})
	}
	return list, nil
}

// pythonPackage reads what a package states (https://packaging.python.org/en/latest/specifications/core-metadata): an SPDX expression, or in older packages a short text or
// classifiers, before which the texts that come with it are asked.
func pythonPackage(info string) (Component, error) {
	f, err := os.Open(filepath.Join(info, "METADATA"))
	if err != nil {
		return Component{}, err
	}
	defer f.Close()
	c := Component{Where: info}
	var expression, short, classified string
	s := bufio.NewScanner(f)
	s.Buffer(nil, 1<<20)
	for s.Scan() && s.Text() != "" { // an empty line ends the header
		name, value, _ := strings.Cut(s.Text(), ": ")
		switch name {
		case "Name":
			c.Name = value
		case "Version":
			c.Version = value
		case "License-Expression":
			expression = value
		case "License":
			short = value
		case "Classifier":
			if rest, ok := strings.CutPrefix(value, "License :: "); ok {
				levels := strings.Split(rest, " :: ")
				classified = levels[len(levels)-1]
			}
		}
	}
	for _, licence := range []string{expression, textsIn(info), short, classified} {
		if c.Licence == "" && licence != "UNKNOWN" {
			c.Licence = licence
		}
	}
	return c, s.Err()
}
