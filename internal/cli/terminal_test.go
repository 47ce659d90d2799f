package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestColours runs the commands as on a terminal: they use colours there only,
// and not where NO_COLOR or a dumb terminal says so.
func TestColours(t *testing.T) {
	name := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(name, []byte("FROM docker.io/python:3.12\nRUN pip install uwsgi\nRUN npm ci\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	const setting = "--set=PIP_INDEX_URL=https://pypi.acme.example/simple"
	for _, args := range [][]string{
		{"rewrite", "--check", setting, name},
		{"rewrite", "--diff", setting, name},
		{"scan", setting, name},
		{"rules", setting},
		{"rules", setting, "pip"},
	} {
		t.Run(strings.Join(args[:2], " "), func(t *testing.T) {
			plain := output(args, false)
			if strings.Contains(plain, "\x1b") {
				t.Errorf("colours without a terminal: %q", plain)
			}
			coloured := output(args, true)
			if !strings.Contains(coloured, "\x1b[") {
				t.Errorf("no colours on a terminal: %q", coloured)
			}
			if got := withoutColours(coloured); got != plain {
				t.Errorf("the text differs on a terminal:\n%s\nnot\n%s", got, plain)
			}
			for _, env := range []string{"NO_COLOR=1", "TERM=dumb"} {
				if got := output(args, true, "TERM=xterm", env); got != plain {
					t.Errorf("colours with %s: %q", env, got)
				}
			}
			// An empty value is none: https://no-color.org.
			if got := output(args, true, "NO_COLOR="); got != coloured {
				t.Errorf("no colours with an empty NO_COLOR: %q", got)
			}
		})
	}

	// What is for programs is never coloured.
	for _, args := range [][]string{{"scan", "--format=json", setting, name}, {"scan", "--format=sarif", setting, name}, {"completion", "bash"}, {"help"}} {
		if got := output(args, true); strings.Contains(got, "\x1b") {
			t.Errorf("%q: colours in %q", args, got)
		}
	}
}

// output gives what a run writes to the standard output.
func output(args []string, terminal bool, environ ...string) string {
	var out, messages bytes.Buffer
	Run(args, Streams{In: strings.NewReader(""), Out: &out, Err: &messages, Environ: environ, Terminal: terminal})
	return out.String()
}

func withoutColours(text string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "\x1b[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		_, text, _ = strings.Cut(rest, "m")
	}
}
