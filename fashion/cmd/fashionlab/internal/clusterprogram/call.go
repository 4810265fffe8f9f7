// Package clusterprogram runs the program that follows what a cluster does. It is a program of its own, so that this one does not link Temporal.
package clusterprogram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"

	"fashionlab/fashion/parent"
)

// Variable names the program, which kernel-setup builds where -cluster asks for it.
const Variable = "FASHIONLAB_CLUSTER"

// Call has the program do something, which it is told as JSON on its standard input, and shows what it prints.
func Call(ctx context.Context, what string, request map[string]any) error {
	program := os.Getenv(Variable)
	if program == "" {
		return fmt.Errorf("-cluster needs a program of its own, which `go run ./kernel-setup` builds: $%s is empty", Variable)
	}
	text, err := json.Marshal(request)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, program, what)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(text), os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), parent.Setting())
	if err := cmd.Run(); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	return nil
}
