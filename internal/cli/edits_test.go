package cli

import (
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// rewritable are Dockerfiles with something to wrap, or to change.
var rewritable = []string{
	"FROM a\nRUN pip install x\nCMD x\n",
	"FROM a\nRUN pip install x\nARG A\n",
	"FROM a\nRUN pip install x\n#\nARG A\n",
	"FROM a\nRUN pip install x\n#\nRUN apt-get update\n",
	"FROM a\nRUN pip install x\n\n#\nRUN apt-get update && pip install y\nFROM b AS c\nRUN pip install z\n",
	"FROM a\r\nRUN pip install x\r\nARG A\r\n",
	"FROM a\nRUN pip install x",
	"FROM a\r\nRUN pip install x && apt-get update",

	// With a block in the place of the instruction.
	"FROM docker.io/debian:12\nRUN make\n",
	"FROM docker.io/debian:12 AS a\n#\nFROM docker.io/debian:13\n",
	"FROM docker.io/debian:12 AS a\nFROM docker.io/debian:12 AS b\nCOPY --from=docker.io/caddy:2 \\\n  # what it is\n\n  /usr/bin/caddy /\nCMD x\n",
	"# check=skip=all\nFROM docker.io/debian:12\nRUN pip install x\n",
	"FROM docker.io/debian:12\n# check=skip=JSONArgsRecommended\nCOPY --from=docker.io/caddy:2 /a /\nCMD x\n",
	"FROM docker.io/debian:12\r\nRUN pip install x\r\nCOPY --from=docker.io/caddy:2 /a /\r\n",
	"\uFEFFFROM docker.io/debian:12\nRUN pip install x\n",
	"FROM docker.io/debian:12",
	"\uFEFFFROM docker.io/debian:12",
}

func testRewriter(t *testing.T) *rewrite.Rewriter {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rw, err := rewrite.New(set, rules.Settings{
		"PIP_INDEX_URL": {Value: "http://p/"}, "APT_PROXY_URL": {Value: "http://q/"}, "DOCKER_MIRROR_URL": {Value: "http://r:1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return rw
}

// TestEdits rewrites Dockerfiles and looks at what a diff would show: lines put
// in, and no other, but for those of an instruction whose block keeps them.
func TestEdits(t *testing.T) {
	rw := testRewriter(t)
	for _, src := range rewritable {
		result, err := rw.Rewrite([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		after := string(result.Output)
		for _, both := range [][2]string{{src, after}, {after, src}} {
			list := edits(both[0], both[1])
			for _, e := range list {
				if old := both[0][e.Start:e.End]; !sharp(old, e.New) && !sharp(e.New, old) {
					t.Errorf("%q: an edit puts\n%s\nin the place of\n%s", src, e.New, old)
				}
			}
			if got, err := udiff.Apply(both[0], list); err != nil || got != both[1] {
				t.Errorf("%q: the edits give %q, %v", src, got, err)
			}
		}
	}
}

// sharp tells whether a text is one block, or some where they stand at the end of
// the file, with nothing instead or with the lines that it keeps.
func sharp(block, instead string) bool {
	lines := strings.SplitAfter(strings.TrimLeft(block, "\r\n"), "\n")
	if n := blockLines(lines, nil); n == 0 || instead != "" && n != len(lines) && lines[n] != "" {
		return false
	}
	var list []string
	for line := range strings.Lines(instead) {
		list = append(list, strings.TrimRight(line, "\r\n"))
	}
	return strings.Join(list, "\n") == strings.Join(originals(lines), "\n")
}

// TestEditsOtherRules rewrites a rewritten Dockerfile: what keeps the same
// instruction is one edit.
func TestEditsOtherRules(t *testing.T) {
	const before = "# >>> tplproxy: changed for image >>>\n#| FROM a\n#\nFROM r/a\n# <<< tplproxy 0 <<<\nCMD x\n"
	const after = "# >>> tplproxy: changed for image, mine >>>\n#| FROM a\n#\nFROM s/a\n# <<< tplproxy 1 <<<\nCMD x\n"
	list := edits(before, after)
	if got, err := udiff.Apply(before, list); err != nil || got != after || len(list) != 1 {
		t.Errorf("the edits %v give %q, %v", list, got, err)
	}
}
