// Parseonly parses every Dockerfile in a directory and below, and the shell of
// every RUN, and does nothing else: the floor that the speed of a whole
// tplproxy process is measured against. See docs/performance.md.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/tplproxy/tplproxy/internal/floor"
	"github.com/tplproxy/tplproxy/internal/tutor"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: parseonly DIR")
		os.Exit(2)
	}
	if err := parseAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "parseonly:", err)
		os.Exit(2)
	}
}

// parseAll parses as many files at once as tplproxy rewrites.
func parseAll(dir string) error {
	names, err := tutor.Dockerfiles(dir)
	if err != nil {
		return err
	}
	errs := make([]error, len(names))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, name := range names {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = parse(filepath.Join(dir, name))
		})
	}
	wg.Wait()
	for i, err := range errs {
		if err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
	}
	return nil
}

func parse(name string) error {
	src, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return floor.Parse(src)
}
