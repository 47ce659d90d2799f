// Package tutor knows its way about a Tutor env dir: where the Dockerfiles are,
// and where the config.yml that belongs to them is.
package tutor

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Dockerfiles lists the Dockerfiles in a directory and below, as paths relative
// to it, sorted. Symbolic links to directories are not followed.
func Dockerfiles(dir string) ([]string, error) {
	var list []string
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != dir && (d.Name() == ".git" || d.Name() == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !IsDockerfile(d.Name()) {
			return nil
		}
		if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
			return nil //nolint: a link to nowhere, or to a directory
		}
		rel, err := filepath.Rel(dir, name)
		list = append(list, rel)
		return err
	})
	slices.Sort(list)
	return list, err
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

// Version is the content of an env dir's version file, or "".
func Version(env string) string {
	text, err := os.ReadFile(filepath.Join(env, "version"))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
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
