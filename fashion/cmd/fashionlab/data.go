package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"

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
			fit := addFit(f, "DIR")
			html := f.String("html", "", "write a page with a contact sheet of each class to this `file`")
			return func(args []string) (work, error) {
				if len(args) != 1 {
					return nil, errors.New("name one folder")
				}
				if err := pictures.CheckFit(cmp.Or(*fit, pictures.Photo)); err != nil {
					return nil, err
				}
				return func(ctx context.Context) error { return printData(ctx, args[0], *fit, *html) }, nil
			}
		},
	}
}

// addFit defines the flag -fit for the pictures of a folder.
func addFit(f *flag.FlagSet, of string) *string {
	return f.String("fit", "", "how pictures of "+of+" are brought to 28x28: photo finds the item, as predict does; `crop`, pad or stretch (default photo)")
}

// printData prints what is in a folder, and writes it as a page if a file is named.
func printData(ctx context.Context, dir, fit, html string) error {
	d, found, err := pictures.Read(ctx, dir, fit)
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
	if err := disk.WriteFile(html, page.Bytes()); err != nil {
		return err
	}
	fmt.Println("wrote", html)
	return nil
}
