package tutor

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestParseConfig(t *testing.T) {
	tests := []struct {
		name, src string
		want      map[string]Value // nil where it is an error
		err       string
	}{
		{name: "plain", src: "PIP: http://x\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "the line", src: "# a comment\nLMS_HOST: l\n\nPIP: http://x # why\n", want: map[string]Value{"PIP": {"http://x", 4}}},
		{name: "several", src: "PIP: http://x\nNPM: http://y\n", want: map[string]Value{"PIP": {"http://x", 1}, "NPM": {"http://y", 2}}},
		{name: "quotes", src: "\"PIP\": 'it''s'\n", want: map[string]Value{"PIP": {"it's", 1}}},
		{name: "escapes", src: `PIP: "a\tb"`, want: map[string]Value{"PIP": {"a\tb", 1}}},
		{name: "over two lines", src: "PIP: a\n  b\n", want: map[string]Value{"PIP": {"a b", 1}}},
		{name: "folded", src: "PIP: >-\n  http://x\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "block", src: "PIP: |-\n  http://x\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "anchor", src: "PIP: &pip http://x\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "tag", src: "PIP: !!str http://x\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "flow", src: "{PIP: http://x, LMS_HOST: l}\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "CRLF", src: "LMS_HOST: l\r\nPIP: http://x\r\n", want: map[string]Value{"PIP": {"http://x", 2}}},
		{name: "byte order mark", src: "\uFEFFPIP: http://x\n", want: map[string]Value{"PIP": {"http://x", 1}}},
		{name: "directive", src: "%YAML 1.1\n---\nPIP: http://x\n", want: map[string]Value{"PIP": {"http://x", 3}}},
		{name: "two documents", src: "PIP: http://x\n---\nPIP: http://y\n", want: map[string]Value{"PIP": {"http://y", 3}}},
		{name: "a template is text", src: "PIP: \"{{ X }}\"\n", want: map[string]Value{"PIP": {"{{ X }}", 1}}},
		{name: "null", src: "PIP: null\n", want: map[string]Value{"PIP": {"", 1}}},
		{name: "tilde", src: "PIP: ~\n", want: map[string]Value{"PIP": {"", 1}}},
		{name: "nothing", src: "PIP:\nNPM: http://y\n", want: map[string]Value{"PIP": {"", 1}, "NPM": {"http://y", 2}}},
		{name: "empty", src: "PIP: \"\"\n", want: map[string]Value{"PIP": {"", 1}}},
		{name: "nobody asks for it", src: "LMS_HOST: l\nPORT: 80\nLIST: [a, {b: c}]\nTEXT: |\n  PIP: no\n", want: map[string]Value{}},
		{name: "below another key", src: "MORE:\n  PIP: http://x\n", want: map[string]Value{}},
		{name: "no file content", src: "", want: map[string]Value{}},
		{name: "a comment", src: "# nothing yet\n", want: map[string]Value{}},
		{name: "an empty document", src: "---\n", want: map[string]Value{}},

		{name: "number", src: "LMS_HOST: l\nPIP: 80\n", err: "config.yml:2: PIP is no string; a setting is a URL"},
		{name: "boolean", src: "PIP: true\n", err: "config.yml:1: PIP is no string; a setting is a URL"},
		{name: "list", src: "PIP:\n  - http://x\n", err: "config.yml:1: PIP is no string; a setting is a URL"},
		{name: "mapping", src: "PIP: {a: b}\n", err: "config.yml:1: PIP is no string; a setting is a URL"},
		{name: "no mapping", src: "- PIP\n", err: "config.yml:1: this is no mapping of settings"},
		{name: "a word", src: "\nPIP\n", err: "config.yml:2: this is no mapping of settings"},
		{name: "twice", src: "PIP: a\nPIP: b\n", err: `config.yml:2:1: mapping key "PIP" already defined at [1:1]`},
		{name: "no YAML", src: "LMS_HOST: l\nPIP: [\n", err: "config.yml:2:6: sequence end token ']' not found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseConfig("config.yml", []byte(test.src), []string{"NPM", "PIP"})
			if err != nil && err.Error() != test.err || err == nil && test.err != "" {
				t.Fatalf("error %v, not %q", err, test.err)
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("got %v, not %v", got, test.want)
			}
		})
	}
}

func TestRead(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.yml")
	_, err := Read(name, nil)
	if want := name + ": " + os.ErrNotExist.Error(); err == nil || err.Error() != name+": no such file or directory" && err.Error() != want {
		t.Errorf("a file that is not there: %v", err)
	}
	write(t, name, "PIP: http://x\n")
	got, err := Read(name, []string{"PIP"})
	if want := map[string]Value{"PIP": {"http://x", 1}}; err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v and %v, not %v", got, err, want)
	}
}

func TestImages(t *testing.T) {
	name := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(name, []byte("DOCKER_IMAGE_OPENEDX: docker.io/acme/openedx:1\nDOCKER_IMAGE_X: \"{{ DOCKER_REGISTRY }}acme/x\"\nDOCKER_IMAGE_Y: 3\nDOCKER_IMAGE_A: acme/a\nDOCKER_REGISTRY: r\nDOCKER_IMAGE_B: acme/a\nDOCKER_IMAGE_C:\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	got, err := Images(name)
	if want := []string{"acme/a", "docker.io/acme/openedx:1"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}
