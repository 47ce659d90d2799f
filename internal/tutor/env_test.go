package tutor

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// write makes a file and the directories that it is in.
func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// link makes a symbolic link, and tells whether the system has them.
func link(t *testing.T, target, name string) bool {
	t.Helper()
	if err := os.Symlink(filepath.FromSlash(target), name); err != nil {
		t.Log(err)
		return false
	}
	return true
}

func TestIsDockerfile(t *testing.T) {
	for name, want := range map[string]bool{
		"Dockerfile":              true,
		"dockerfile":              true,
		"Containerfile":           true,
		"openedx.Dockerfile":      true,
		"openedx.dockerfile":      true,
		"app.Containerfile":       true,
		"Dockerfile.dev":          true,
		"Dockerfile.python3.12":   true,
		"Containerfile.arm64":     true,
		"Dockerfile.dockerignore": false,
		"Dockerfile.bak":          false,
		"Dockerfile.orig":         false,
		"Dockerfile.rej":          false,
		"Dockerfile.dev~":         false,
		"Dockerfile~":             false,
		".Dockerfile.swp":         false,
		"Dockerfile.md":           false,
		"Dockerfiles":             false,
		"MyDockerfile":            false,
		"Dockerfile-dev":          false,
		"docker-compose.yml":      false,
		".dockerignore":           false,
		"":                        false,
	} {
		if got := IsDockerfile(name); got != want {
			t.Errorf("%q: %t, not %t", name, got, want)
		}
	}
}

func TestDockerfiles(t *testing.T) {
	dir := t.TempDir()
	env := filepath.Join(dir, "env")
	for _, name := range []string{
		"build/openedx/Dockerfile",
		"build/openedx/requirements/base.txt",
		"plugins/shop/build/shop/Dockerfile.dev",
		"plugins/shop/build/a shop/Containerfile",
		"Dockerfile/Dockerfile",                // a directory may have that name
		".git/Dockerfile",                      // not ours
		"build/mfe/node_modules/x/Dockerfile",  // nor these
		"build/mfe/node_modules.d/Dockerfile",  // but this is
		"build/permissions/Dockerfile.example", // any suffix
	} {
		write(t, filepath.Join(env, filepath.FromSlash(name)), "FROM scratch\n")
	}
	want := []string{
		"Dockerfile/Dockerfile",
		"build/mfe/node_modules.d/Dockerfile",
		"build/openedx/Dockerfile",
		"build/permissions/Dockerfile.example",
		"plugins/shop/build/a shop/Containerfile",
		"plugins/shop/build/shop/Dockerfile.dev",
	}
	check := func(dir string) {
		t.Helper()
		got, err := Dockerfiles(dir)
		for i := range got {
			got[i] = filepath.ToSlash(got[i])
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q and %v, not %q", filepath.Base(dir), got, err, want)
		}
	}
	check(env)

	// A link to a file counts; one to a directory or to nowhere does not, but
	// for the directory that is asked for.
	if link(t, "openedx/Dockerfile", filepath.Join(env, "build", "Dockerfile.linked")) {
		link(t, "openedx", filepath.Join(env, "build", "again"))
		link(t, "openedx", filepath.Join(env, "build", "Dockerfile.directory"))
		link(t, "nowhere", filepath.Join(env, "build", "Dockerfile.nowhere"))
		link(t, "env", filepath.Join(dir, "link"))
		want = slices.Insert(want, 1, "build/Dockerfile.linked")
		check(env)
		check(filepath.Join(dir, "link"))
	}

	// A name need not be UTF-8, where the system takes such names.
	if err := os.Mkdir(filepath.Join(env, "caf\xe9"), 0o777); err == nil {
		write(t, filepath.Join(env, "caf\xe9", "Dockerfile"), "FROM scratch\n")
		want = append(want, "caf\xe9/Dockerfile")
		slices.Sort(want)
		check(env)
	}

	// The directory itself may be called anything.
	write(t, filepath.Join(dir, "node_modules", "Dockerfile"), "FROM scratch\n")
	want = []string{"Dockerfile"}
	check(filepath.Join(dir, "node_modules"))
}

func TestDockerfilesUnreadable(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nowhere")
	if list, err := Dockerfiles(dir); err == nil || !strings.HasPrefix(err.Error(), dir+": ") || len(list) > 0 {
		t.Errorf("got %q and %v, not an error that names %s", list, err, dir)
	}
}

func TestConfig(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "tutor/config.yml"), "")
	write(t, filepath.Join(dir, "tutor/env/version"), "21.0.8\n")
	write(t, filepath.Join(dir, "tutor/env/build/openedx/Dockerfile"), "FROM scratch\n")
	write(t, filepath.Join(dir, "tutor/env/config.yml"), "") // not the one beside the env dir
	write(t, filepath.Join(dir, "tutor/notes/Dockerfile"), "FROM scratch\n")
	write(t, filepath.Join(dir, "plugins/config.yml"), "")
	write(t, filepath.Join(dir, "plugins/env/version"), "21.0.8\n")
	write(t, filepath.Join(dir, "plugins/env/plugins/shop/Dockerfile"), "FROM scratch\n")
	write(t, filepath.Join(dir, "bare/env/version"), "21.0.8\n")
	write(t, filepath.Join(dir, "bare/env/build/Dockerfile"), "FROM scratch\n")
	write(t, filepath.Join(dir, "other/config.yml"), "")
	write(t, filepath.Join(dir, "other/Dockerfile"), "FROM scratch\n")
	write(t, filepath.Join(dir, "versionless/config.yml"), "")
	write(t, filepath.Join(dir, "versionless/env/build/Dockerfile"), "FROM scratch\n")
	tests := []struct{ name, path, want string }{
		{"the env dir", "tutor/env", "tutor/config.yml"},
		{"the Tutor root", "tutor", "tutor/config.yml"},
		{"a directory in the env dir", "tutor/env/build", "tutor/config.yml"},
		{"a file in the env dir", "tutor/env/build/openedx/Dockerfile", "tutor/config.yml"},
		{"by a detour", "other/../tutor/env/build/..", "tutor/config.yml"},
		{"an env dir with plugins only", "plugins/env", "plugins/config.yml"},
		{"an env dir without a config.yml", "bare/env", ""},
		{"no env dir", "other", ""},
		{"a file in no env dir", "other/Dockerfile", ""},
		{"no version", "versionless/env", ""},
		{"a file beside the env dir", "tutor/notes/Dockerfile", ""},
		{"above it all", ".", ""},
		{"a path that does not exist", "nowhere/at/all", ""},
	}
	if link(t, "tutor/env", filepath.Join(dir, "link")) {
		tests = append(tests, struct{ name, path, want string }{"a link to the env dir", "link", "tutor/config.yml"})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if want != "" {
				want = filepath.Join(dir, filepath.FromSlash(want))
			}
			got := Config(filepath.Join(dir, filepath.FromSlash(test.path)))
			if !same(got, want) {
				t.Errorf("%s: got %q, not %q", test.path, got, want)
			}
		})
	}

	t.Run("relative", func(t *testing.T) {
		t.Chdir(filepath.Join(dir, "tutor", "env", "build"))
		want := filepath.Join(dir, "tutor", "config.yml")
		for _, path := range []string{".", "..", "../..", "openedx/Dockerfile"} {
			if got := Config(path); !same(got, want) {
				t.Errorf("%s: got %q, not %q", path, got, want)
			}
		}
	})
}

// same tells whether two paths lead to the same file.
func same(a, b string) bool {
	if a == "" || b == "" {
		return a == b
	}
	ai, aErr := os.Stat(a)
	bi, bErr := os.Stat(b)
	return aErr == nil && bErr == nil && os.SameFile(ai, bi)
}
