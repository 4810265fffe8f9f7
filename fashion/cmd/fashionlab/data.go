package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"

	"fashionlab/fashion"
	"fashionlab/fashion/disk"
	"fashionlab/fashion/pictures"
	"fashionlab/fashion/report"
)

func dataCommand() command {
	return command{
		name: "data", summary: "say what is in the folder of a data set of your own", arguments: "DIR", heeds: true,
		text: `Reads a folder as train -data does and prints what was found: images of each class, sizes of the pictures, files that cannot be used, images that occur twice
or in both splits, and whether the classes are imbalanced. With -html a page shows a contact sheet of each class too. It trains nothing and keeps nothing.`,
		example: "data photos/shells -fit crop -html shells.html",
		define: func(f *flag.FlagSet) prepare {
			preparation := addPreparation(f, "DIR")
			html := f.String("html", "", "write a page with a contact sheet of each class to this `file`")
			return func(args []string) (work, error) {
				if len(args) != 1 {
					return nil, errors.New("name one folder")
				}
				p, err := preparation()
				return func(ctx context.Context) error { return printData(ctx, args[0], p, *html) }, err
			}
		},
	}
}

// addPreparation defines the flags for the pictures of a folder, and returns what they say once they are parsed.
func addPreparation(f *flag.FlagSet, of string) func() (pictures.Preparation, error) {
	fit := f.String("fit", "", "`method` that brings the pictures of "+of+" to one size: photo (finds the item and cuts it out, as predict does), crop, pad or stretch (default photo)")
	side := f.Int("side", fashion.Side, fmt.Sprintf("width and height in `pixels`, a multiple of %d from %d to %d; with -fit crop, pad or stretch", fashion.SideStep, fashion.SmallestSide, fashion.LargestSide))
	colour := f.Bool("color", false, "keep colours; with -fit crop, pad or stretch (default grey)")
	return func() (p pictures.Preparation, err error) {
		if p.Shape, err = fashion.NewShape(*side, *colour); err != nil {
			return p, fmt.Errorf("-side: %w", err)
		}
		p.Fit = *fit
		return p, p.Check()
	}
}

// printData prints what is in a folder, and writes it as a page if a file is named.
func printData(ctx context.Context, dir string, p pictures.Preparation, html string) error {
	d, found, err := p.Read(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Println(found)
	if html == "" {
		return nil
	}
	var page bytes.Buffer
	if err := report.WriteDataSet(&page, d, found); err != nil {
		return err
	}
	if err := disk.WriteOutput(html, page.Bytes()); err != nil {
		return err
	}
	fmt.Println("wrote", html)
	return nil
}
