package cli

import (
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// TestEdits rewrites Dockerfiles and looks at what a diff would show: lines put
// in, and no other.
func TestEdits(t *testing.T) {
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	rw, err := rewrite.New(set, rules.Settings{"PIP_INDEX_URL": {Value: "http://p/"}, "APT_PROXY_URL": {Value: "http://q/"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, src := range []string{
		"FROM a\nRUN pip install x\nCMD x\n",
		"FROM a\nRUN pip install x\nARG A\n",
		"FROM a\nRUN pip install x\n#\nARG A\n",
		"FROM a\nRUN pip install x\n#\nRUN apt-get update\n",
		"FROM a\nRUN pip install x\n\n#\nRUN apt-get update && pip install y\nFROM b AS c\nRUN pip install z\n",
		"FROM a\r\nRUN pip install x\r\nARG A\r\n",
	} {
		result, err := rw.Rewrite([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		after := string(result.Output)
		for _, both := range [][2]string{{src, after}, {after, src}} {
			list := edits(both[0], both[1])
			for _, e := range list {
				if e.New != "" && e.Start != e.End || strings.Contains(e.New, "RUN pip install") {
					t.Errorf("%q: an edit takes lines out and puts others in: %q", src, e.New)
				}
			}
			if got, err := udiff.Apply(both[0], list); err != nil || got != both[1] {
				t.Errorf("%q: the edits give %q, %v", src, got, err)
			}
		}
	}
}
