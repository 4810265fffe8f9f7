package layers

import (
	"errors"
	"fmt"
	"strings"
)

// Catch runs f and returns what it panics with as an error, without what GoMLX says before it of the graph that was being built. Code that builds a graph panics; every exported
// function that builds or executes one, in whatever package, passes through here.
func Catch(f func() error) (err error) {
	defer func() {
		switch caught := recover().(type) {
		case nil:
		case error:
			err = caught
		default:
			err = fmt.Errorf("panic: %v", caught)
		}
		err = Plain(err)
	}()
	return f()
}

// Plain is what a function that builds a graph panicked with, if that is within an error of GoMLX's; other errors it returns as they are.
func Plain(err error) error {
	for err != nil && strings.Contains(err.Error(), "graphFn for ") {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err
		}
		err = inner
	}
	return err
}
