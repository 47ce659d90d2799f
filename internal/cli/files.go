package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/tplproxy/tplproxy/internal/tutor"
	"github.com/tplproxy/tplproxy/rewrite"
)

// An input is one Dockerfile.
type input struct {
	name string      // as the user would write it, with slashes: "env/build/openedx/Dockerfile"
	rels []string    // relative to the directory that was given; the file's name where it was a file
	path string      // to read and write; "" for the standard input
	mode fs.FileMode // its permissions
	src  []byte
}

// checkPaths refuses paths that cannot be inputs, whatever is there.
func checkPaths(paths []string) error {
	switch {
	case len(paths) == 0:
		return errors.New("tplproxy: no path was given; name a Tutor env dir, a directory or a Dockerfile")
	case len(paths) > 1 && slices.Contains(paths, "-"):
		return errors.New("tplproxy: - (the standard input) goes with no other path")
	}
	return nil
}

// inputs reads the Dockerfiles that the paths name, in order, each once. Where
// some cannot be read, it gives the others, and an error that names every one.
func (a *app) inputs(paths []string) ([]*input, error) {
	if slices.Contains(paths, "-") {
		src, err := io.ReadAll(a.In)
		return []*input{{name: "-", rels: []string{"Dockerfile"}, src: src}}, err
	}
	var list []*input
	var errs []error
	seen := map[string]*input{}
	for _, p := range paths {
		found, err := expand(p)
		if err != nil {
			errs = append(errs, err)
		}
		for _, in := range found {
			if err := in.locate(); err != nil {
				errs = append(errs, placed(in.name, cause(err)))
				continue
			}
			if first := seen[in.path]; first != nil {
				first.rels = append(first.rels, in.rels...)
				continue
			}
			seen[in.path] = in
			if in.src, err = os.ReadFile(in.path); err != nil {
				errs = append(errs, placed(in.name, cause(err)))
				continue
			}
			list = append(list, in)
		}
	}
	return list, errors.Join(errs...)
}

// locate follows symbolic links, so that a file is written through them.
func (in *input) locate() error {
	real, err := filepath.EvalSymlinks(in.path)
	if err != nil {
		return err
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	info, err := os.Stat(real)
	if err != nil {
		return err
	}
	in.path, in.mode = real, info.Mode().Perm()
	return nil
}

// expand lists the Dockerfiles that a path names.
func expand(p string) ([]*input, error) {
	info, err := os.Stat(p)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: there is no such file or directory", p)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", p, cause(err))
	case !info.IsDir():
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("%s: this is no regular file", p)
		}
		return []*input{{name: filepath.ToSlash(p), rels: []string{filepath.Base(p)}, path: p}}, nil
	}
	names, err := tutor.Dockerfiles(p)
	if err == nil && len(names) == 0 {
		return nil, fmt.Errorf("%s: there is no Dockerfile in this directory; a Tutor env dir gets its Dockerfiles by `tutor config save`", p)
	}
	var list []*input
	for _, rel := range names {
		path := filepath.Join(p, rel)
		list = append(list, &input{name: filepath.ToSlash(path), rels: []string{rel}, path: path})
	}
	return list, err
}

// cause takes the path off an error of the file system.
func cause(err error) error {
	var pe *fs.PathError
	var le *os.LinkError
	switch {
	case errors.As(err, &pe):
		return pe.Err
	case errors.As(err, &le):
		return le.Err
	}
	return err
}

// each works on all inputs at once, the largest first so that none is left for the
// end, and gives the results in the inputs' order. The error joins those of all
// inputs, each with its place.
func each[T any](inputs []*input, work func(*input) (T, error)) ([]T, error) {
	results := make([]T, len(inputs))
	errs := make([]error, len(inputs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	order := make([]int, len(inputs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(inputs[b].src), len(inputs[a].src)) })
	for _, i := range order {
		in := inputs[i]
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			// A panic is a bug, of ours or of a parser; no person is to see its
			// trace, and the other files are looked at all the same.
			defer func() {
				if p := recover(); p != nil {
					errs[i] = placed(in.name, fmt.Errorf("this is a bug in tplproxy (%v), and nothing was written; please report it with the file", p))
				}
			}()
			var err error
			if results[i], err = work(in); err != nil {
				errs[i] = placed(in.name, err)
			}
		})
	}
	wg.Wait()
	return results, errors.Join(errs...)
}

// shown is an input's name for a person.
func shown(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// A placed error is one of a file.
type placedError struct {
	name string // as the user would write it
	line int    // counted from 1; 0 where it is no single line
	err  error
}

func (e *placedError) Error() string {
	if e.line > 0 {
		return fmt.Sprintf("%s:%v", shown(e.name), e.err) // which begins with the line
	}
	return fmt.Sprintf("%s: %v", shown(e.name), e.err)
}

func (e *placedError) Unwrap() error { return e.err }

// placed puts the file's name before an error.
func placed(name string, err error) error {
	var e *rewrite.Error
	if errors.As(err, &e) {
		return &placedError{name, e.Line, err}
	}
	return &placedError{name, 0, err}
}

// A change is an input and what becomes of it.
type change struct {
	in     *input
	output []byte
}

func (c change) changes() bool { return string(c.in.src) != string(c.output) }
