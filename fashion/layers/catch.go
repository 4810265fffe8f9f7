package layers

import "github.com/gomlx/gomlx/support/exceptions"

// Catch runs f and returns what it panics with as an error. Code that builds a graph panics; every exported function that builds or executes one, in whatever
// package, passes through here.
func Catch(f func() error) error {
	var err error
	if caught := exceptions.TryCatch[error](func() { err = f() }); caught != nil {
		return caught
	}
	return err
}
