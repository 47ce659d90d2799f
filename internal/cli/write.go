package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

// A result is what is to stand in a file.
type result struct {
	name    string // as the user would write it
	path    string
	content []byte
	mode    fs.FileMode // of a file that is not there yet
}

// writeAll puts the results in place. Where one of them cannot be written, none
// is, and the error names every such one.
func writeAll(results []result) error {
	// A signal must not leave staged files behind: they would stand in the
	// build context. Once all are staged, putting them in place takes no time.
	interrupt := make(chan os.Signal, 1)
	signal.Notify(interrupt, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(interrupt)
	var ready []*staged
	defer func() {
		for _, s := range ready {
			s.discard()
		}
	}()
	var errs []error
	for _, r := range results {
		select {
		case <-interrupt:
			return errors.New("tplproxy: interrupted; no file was written")
		default:
		}
		s, err := stage(r.path, r.content, r.mode)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: it cannot be written: %w", r.name, cause(err)))
			continue
		}
		ready = append(ready, s)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for i, s := range ready {
		if err := s.commit(); err != nil {
			return fmt.Errorf("%s: it could not be written: %w; of %s, %d were", results[i].name, cause(err), count(len(results), "file"), i)
		}
	}
	return nil
}

// below gives the changes as results below a directory, at the same relative
// paths. The directory must not be, or be in, one of the paths, and no result
// may replace an input or another result.
func below(dir string, paths []string, changes []change) ([]result, error) {
	for _, p := range paths {
		if within(dir, p) {
			return nil, fmt.Errorf("%s: the output directory is inside its input %s; choose one beside it", dir, p)
		}
	}
	sources := map[string]bool{}
	for _, c := range changes {
		sources[c.in.path] = true
	}
	var results []result
	taken := map[string]*input{}
	for _, c := range changes {
		for _, rel := range c.in.rels {
			target := filepath.Join(dir, rel)
			name := filepath.ToSlash(target)
			other := taken[target]
			switch {
			case other == c.in:
				continue
			case other != nil:
				return nil, fmt.Errorf("%s: both %s and %s would be written to it; rewrite them one after the other", name, other.name, c.in.name)
			case sources[filepath.Join(realPath(filepath.Dir(target)), filepath.Base(target))]:
				return nil, fmt.Errorf("%s: the output would replace its input; choose another output directory", name)
			}
			taken[target] = c.in
			results = append(results, result{name, target, c.output, c.in.mode})
		}
	}
	return results, nil
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
