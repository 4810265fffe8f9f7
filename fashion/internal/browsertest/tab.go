// Package browsertest opens a browser for tests of pages.
package browsertest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Tab opens a tab in a window of that size, in pixels, which ends with the test or when patience is over. Without a browser the test is skipped.
func Tab(t *testing.T, width, height int, patience time.Duration) context.Context {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.WindowSize(width, height))
	if os.Geteuid() == 0 {
		flags = append(flags, chromedp.NoSandbox)
	}
	ctx, stop := context.WithTimeout(t.Context(), patience)
	allocated, closeBrowser := chromedp.NewExecAllocator(ctx, flags...)
	tab, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(func() { closeTab(); closeBrowser(); stop() })
	if err := chromedp.Run(tab); errors.Is(err, exec.ErrNotFound) {
		t.Skipf("no Chromium or Chrome in PATH, so that the page is not tested: %v", err)
	} else if err != nil {
		t.Fatal(err)
	}
	return tab
}
