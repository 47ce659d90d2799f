package rewrite_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tplproxy/tplproxy/internal/golden"
	"github.com/tplproxy/tplproxy/internal/tutor"
	"github.com/tplproxy/tplproxy/rewrite"
)

// A fixture is a Dockerfile of the fixtures.
type fixture struct {
	name string // relative to fixtures/
	src  []byte
}

func readFixtures(t testing.TB) []fixture {
	t.Helper()
	var list []fixture
	for _, dir := range []string{"env", "dockerfiles", "mirrors"} {
		names, err := tutor.Dockerfiles(filepath.Join(golden.Dir(), dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			src, err := os.ReadFile(filepath.Join(golden.Dir(), dir, name))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, fixture{dir + "/" + filepath.ToSlash(name), src})
		}
	}
	if len(list) < 100 {
		t.Fatalf("only %d fixtures were found", len(list))
	}
	return list
}

// TestGolden rewrites every fixture, and scans it before and after: the ones in
// dockerfiles with the package managers' rules alone, the others with all.
func TestGolden(t *testing.T) {
	few, all := newRewriter(t, proxies, managers...), newRewriter(t, everything)
	var scans bytes.Buffer
	for _, f := range readFixtures(t) {
		rw := all
		if strings.HasPrefix(f.name, "dockerfiles/") {
			rw = few
		}
		t.Run(f.name, func(t *testing.T) {
			result, err := rw.Rewrite(f.src)
			if err != nil {
				t.Fatal(err)
			}
			golden.Compare(t, f.name, result.Output)
			before, err := rw.Scan(f.src)
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(&scans, "%s\n%s\n", f.name, describe(before))
			after, err := rw.Scan(result.Output)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := describe(after), describe(result.Downloads); got != want {
				t.Errorf("a scan of the result says\n%sbut Rewrite said\n%s", got, want)
			}
			for i := range before {
				if before[i].Status == rewrite.Wrappable {
					before[i].Status = rewrite.Proxied
				}
			}
			if got, want := describe(after), describe(before); got != want {
				t.Errorf("after the rewrite the scan says\n%sbefore it said\n%s", got, want)
			}
		})
	}
	golden.Compare(t, "scan.txt", scans.Bytes())
}

func describe(downloads []rewrite.Download) string {
	var b strings.Builder
	for _, d := range downloads {
		fmt.Fprintf(&b, "  %d-%d %s %s %s %s: %s\n", d.Line, d.EndLine, d.Stage, d.Instruction, d.Status, d.Rule, strings.Join(d.Commands, "; "))
		if len(d.Upstreams) > 0 {
			fmt.Fprintf(&b, "      from %s\n", strings.Join(d.Upstreams, " "))
		}
		if d.Reason != "" {
			fmt.Fprintf(&b, "      %s\n", d.Reason)
		}
	}
	return b.String()
}
