package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/tplproxy/tplproxy/internal/tutor"
	"github.com/tplproxy/tplproxy/rewrite"
)

// An input is one Dockerfile.
type input struct {
	name string // as the user would write it, with slashes: "env/build/openedx/Dockerfile"
	rel  string // relative to the directory that was given; the file's name where it was a file
	path string // to read and write; "" for the standard input
	src  []byte
}

// inputs reads the Dockerfiles that the paths name, in order, each once.
func (a *app) inputs(paths []string) ([]*input, error) {
	if len(paths) == 0 {
		return nil, errors.New("tplproxy: no path was given; name a Tutor env dir, a directory or a Dockerfile")
	}
	if slices.Contains(paths, "-") {
		if len(paths) > 1 {
			return nil, errors.New("tplproxy: - (the standard input) goes with no other path")
		}
		src, err := io.ReadAll(a.In)
		return []*input{{name: "-", rel: "Dockerfile", src: src}}, err
	}
	var list []*input
	var errs []error
	seen := map[string]bool{}
	for _, p := range paths {
		found, err := expand(p)
		if err != nil {
			errs = append(errs, err)
		}
		for _, in := range found {
			real, err := filepath.EvalSymlinks(in.path)
			if err == nil && !seen[real] {
				seen[real] = true
				in.path = real
				in.src, err = os.ReadFile(real)
				list = append(list, in)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", in.name, cause(err)))
			}
		}
	}
	return list, errors.Join(errs...)
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
		return []*input{{name: filepath.ToSlash(p), rel: filepath.Base(p), path: p}}, nil
	}
	names, err := tutor.Dockerfiles(p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, cause(err))
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: there is no Dockerfile in this directory; a Tutor env dir gets its Dockerfiles by `tutor config save`", p)
	}
	var list []*input
	for _, rel := range names {
		path := filepath.Join(p, rel)
		list = append(list, &input{name: filepath.ToSlash(path), rel: rel, path: path})
	}
	return list, nil
}

// cause takes the path off an error of the file system.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// each works on all inputs at once and gives the results in their order. The
// error joins those of all inputs, each with its place.
func each[T any](inputs []*input, work func(*input) (T, error)) ([]T, error) {
	results := make([]T, len(inputs))
	errs := make([]error, len(inputs))
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wg sync.WaitGroup
	for i, in := range inputs {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			var err error
			if results[i], err = work(in); err != nil {
				errs[i] = placed(in.name, err)
			}
		})
	}
	wg.Wait()
	return results, errors.Join(errs...)
}

// placed puts the file's name before an error.
func placed(name string, err error) error {
	if name == "-" {
		name = "standard input"
	}
	var e *rewrite.Error
	if errors.As(err, &e) && e.Line > 0 {
		return fmt.Errorf("%s:%w", name, err)
	}
	return fmt.Errorf("%s: %w", name, err)
}

// A change is an input and what becomes of it.
type change struct {
	in     *input
	output []byte
}

func (c change) changes() bool { return string(c.in.src) != string(c.output) }

// targets gives for each input the path below dir that its result is written
// to.
func targets(dir string, paths []string, inputs []*input) (map[*input]string, error) {
	for _, p := range paths {
		if within(dir, p) {
			return nil, fmt.Errorf("%s: the output directory is inside its input %s; choose one beside it", dir, p)
		}
	}
	to := map[*input]string{}
	taken := map[string]*input{}
	for _, in := range inputs {
		target := filepath.Join(dir, in.rel)
		if other := taken[target]; other != nil {
			return nil, fmt.Errorf("%s: both %s and %s would be written to it; rewrite them one after the other", target, other.name, in.name)
		}
		taken[target], to[in] = in, target
	}
	return to, nil
}

// within tells whether a directory, which need not exist yet, is a directory or
// below it. Symbolic links are followed.
func within(dir, parent string) bool {
	if info, err := os.Stat(parent); err != nil || !info.IsDir() {
		return false
	}
	rel, err := filepath.Rel(realPath(parent), realPath(dir))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// realPath is the absolute path with the links of the part that exists
// followed.
func realPath(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	if parent := filepath.Dir(abs); parent != abs {
		return filepath.Join(realPath(parent), filepath.Base(abs))
	}
	return abs
}
