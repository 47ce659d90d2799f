// Package tutor knows its way about a Tutor env dir: where the Dockerfiles are,
// and where the config.yml that belongs to them is.
package tutor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dockerfiles lists the Dockerfiles in a directory and below, as paths relative
// to it, sorted. Symbolic links to directories below it are not followed. The
// error joins those of all directories that cannot be read.
func Dockerfiles(dir string) ([]string, error) {
	root, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, reason(err))
	}
	var list []string
	var errs []error
	err = filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		rel, relErr := filepath.Rel(root, name)
		switch {
		case relErr != nil:
			return relErr
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", filepath.Join(dir, rel), reason(err)))
		case d.IsDir() && name != root && (d.Name() == ".git" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.IsDir() && IsDockerfile(d.Name()):
			// What is no file is a link to nowhere, or to a directory.
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				list = append(list, rel)
			}
		}
		return nil
	})
	slices.Sort(list)
	return list, errors.Join(append(errs, err)...)
}

// IsDockerfile tells by its name whether a file is one: Dockerfile,
// Containerfile, NAME.Dockerfile, Dockerfile.NAME.
func IsDockerfile(name string) bool {
	lower := strings.ToLower(name)
	for _, base := range []string{"dockerfile", "containerfile"} {
		if lower == base || strings.HasSuffix(lower, "."+base) {
			return true
		}
		if suffix, ok := strings.CutPrefix(lower, base+"."); ok {
			return !slices.Contains([]string{"dockerignore", "bak", "orig", "rej", "swp", "md", "txt"}, suffix) && !strings.HasSuffix(suffix, "~")
		}
	}
	return false
}

// Config finds the config.yml that belongs to a path: the one beside the env
// dir that the path is, or is in, or holds. It is "" where there is none.
func Config(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		return ""
	}
	if name := configOf(abs); name != "" {
		return name
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return configOf(real)
	}
	return ""
}

func configOf(abs string) string {
	if isEnv(filepath.Join(abs, "env")) {
		return configIn(abs)
	}
	for dir := abs; ; dir = filepath.Dir(dir) {
		if isEnv(dir) {
			return configIn(filepath.Dir(dir))
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// isEnv tells whether a directory is a Tutor env dir: it has a file named
// version, which `tutor config save` writes, and a build directory.
func isEnv(dir string) bool {
	version, err := os.Stat(filepath.Join(dir, "version"))
	if err != nil || version.IsDir() {
		return false
	}
	for _, sub := range []string{"build", "plugins"} {
		if d, err := os.Stat(filepath.Join(dir, sub)); err == nil && d.IsDir() {
			return true
		}
	}
	return false
}

func configIn(dir string) string {
	name := filepath.Join(dir, "config.yml")
	if _, err := os.Stat(name); err != nil {
		return ""
	}
	return name
}

// A Value is one key of a config.yml.
type Value struct {
	Text string
	Line int
}

// Read gives the keys of a config.yml that are asked for. A key that is null is
// not there; one that is no string is an error.
func Read(name string, keys []string) (map[string]Value, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, reason(err))
	}
	return parseConfig(name, src, keys)
}

// reason takes the path off an error of the file system.
func reason(err error) error {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err
	}
	return err
}
