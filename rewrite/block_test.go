package rewrite_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// rewritten is a Dockerfile with blocks, and the line that each test changes.
func rewritten(t *testing.T, src string) string {
	t.Helper()
	return output(t, newRewriter(t, proxies, managers...), src)
}

const onePip = "FROM a\nRUN pip install x\nRUN true\n"

func TestRestoreRefuses(t *testing.T) {
	out := rewritten(t, onePip)
	lines := strings.SplitAfter(out, "\n")
	without := func(i int) string { return strings.Join(append(append([]string{}, lines[:i]...), lines[i+1:]...), "") }
	last := 0
	for i, l := range lines {
		if strings.HasPrefix(l, "# <<< tplproxy") {
			last = i
			break
		}
	}
	const changed = "2: the tplproxy block that begins here was changed by hand; undo the change, or take the block's lines out by hand"
	for _, test := range []struct{ name, src, want string }{
		{"a value is changed", strings.Replace(out, "7762", "9999", 1), changed},
		{"a line is added", strings.Replace(out, "ARG PIP_INDEX_URL\n", "ARG PIP_INDEX_URL\nARG MINE=1\n", 1), changed},
		{"a line is taken out", without(3), changed},
		{"the first line is changed", strings.Replace(out, "begin proxy pip", "begin proxy uv", 1), changed},
		{"the first line is mangled", strings.Replace(out, "begin proxy pip >>>", "begin", 1), changed},
		{"the checksum is changed", strings.Replace(out, lines[last], "# <<< tplproxy 000000000000 <<<\n", 1), changed},
		{"the end is missing", strings.Join(lines[:last], ""), "2: the tplproxy block that begins here has no end; undo the change, or take the block's lines out by hand"},
		{"the next block begins before the end", without(last), "2: the tplproxy block that begins here has no end; undo the change, or take the block's lines out by hand"},
		{"the beginning is missing", without(1), "9: a tplproxy block ends here that has no beginning; take its lines out by hand"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := rewrite.Restore([]byte(test.src))
			var place *rewrite.Error
			if !errors.As(err, &place) || err.Error() != test.want {
				t.Errorf("got %v, want %s\n%s", err, test.want, test.src)
			}
			if _, err := newRewriter(t, proxies, managers...).Rewrite([]byte(test.src)); err == nil || err.Error() != test.want {
				t.Errorf("Rewrite: got %v, want %s", err, test.want)
			}
			if _, err := newRewriter(t, proxies, managers...).Scan([]byte(test.src)); err == nil || err.Error() != test.want {
				t.Errorf("Scan: got %v, want %s", err, test.want)
			}
		})
	}
}

// TestRestoreForgives are changes around the blocks, which keep all the same.
func TestRestoreForgives(t *testing.T) {
	noNewline := strings.TrimRight(onePip, "\n")
	wrappedLast := "FROM a\nRUN pip install x"
	for _, test := range []struct{ name, src, want string }{
		{"nothing", rewritten(t, onePip), onePip},
		{"no newline at the end", rewritten(t, noNewline), noNewline},
		{"no newline at the end, wrapped", rewritten(t, wrappedLast), wrappedLast},
		{"a newline added at the end", rewritten(t, wrappedLast) + "\n", wrappedLast + "\n"},
		{"a line added at the end", rewritten(t, wrappedLast) + "\nCMD x\n", wrappedLast + "\nCMD x\n"},
		{"a line added before", strings.Replace(rewritten(t, onePip), "FROM a\n", "FROM a\nLABEL a=b\n", 1), "FROM a\nLABEL a=b\nRUN pip install x\nRUN true\n"},
		{"a line added inside the pair", strings.Replace(rewritten(t, onePip), "RUN pip install x\n", "RUN pip install x\nRUN pip install y\n", 1), "FROM a\nRUN pip install x\nRUN pip install y\nRUN true\n"},
		{"other line ends", strings.ReplaceAll(rewritten(t, onePip), "\n", "\r\n"), strings.ReplaceAll(onePip, "\n", "\r\n")},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := rewrite.Restore([]byte(test.src))
			if err != nil || string(got) != test.want {
				t.Errorf("got %q, %v\nwant %q", got, err, test.want)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	set := builtin(t, "name: other\nsetting: OTHER_URL\ncommands: [other get]\nenv:\n  PIP_INDEX_URL: '{{ OTHER_URL }}'\n")
	_, err := rewrite.New(set, rules.Settings{
		"PIP_INDEX_URL": {Value: "http://a.example/"},
		"OTHER_URL":     {Value: "http://b.example/"},
	})
	const want = "the rules other and pip set PIP_INDEX_URL to different values; leave one of them out with --skip"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if _, err = rewrite.New(set, rules.Settings{"PIP_INDEX_URL": {Value: "http://a.example/"}, "OTHER_URL": {Value: "http://a.example/"}}); err != nil {
		t.Errorf("the same value is no conflict: %v", err)
	}
}

func TestRewriteRefusesPasswords(t *testing.T) {
	rw := newRewriter(t, map[string]string{"PIP_INDEX_URL": "https://joe:secret@pypi.example/simple"}, managers...)
	_, err := rw.Rewrite([]byte(onePip))
	if !errors.Is(err, rules.ErrPassword) || strings.Contains(err.Error(), "secret@") {
		t.Errorf("got %v", err)
	}
	downloads, err := rw.Scan([]byte(onePip))
	if err != nil || len(downloads) != 1 || downloads[0].Status != rewrite.Wrappable {
		t.Errorf("a scan needs no password: %v, %v", downloads, err)
	}
}

// TestSpacedBlock takes away the bare # that came with a block.
func TestSpacedBlock(t *testing.T) {
	out := rewritten(t, "FROM a\nRUN pip install x\nARG A\n")
	if !strings.Contains(out, " <<<\n#\nARG A\n") {
		t.Fatalf("there is no bare # behind the block:\n%s", out)
	}
	if _, err := rewrite.Restore([]byte(strings.Replace(out, " <<<\n#\nARG A\n", " <<<\nARG A\n", 1))); err == nil {
		t.Error("the # is missing, and nothing is said")
	}
}

// TestMadeDirectories wraps by a rule whose file is in directories that may be
// missing: exactly those that were made are taken away again.
func TestMadeDirectories(t *testing.T) {
	set := &rules.Set{}
	addRule(t, set, "name: mine\nsetting: MY_URL\ncommands: [mine get]\nfiles:\n  /opt/a/conf:\n    create: true\n    content: x\n")
	rw, err := rewrite.New(set, rules.Settings{"MY_URL": {Value: "http://p/"}})
	if err != nil {
		t.Fatal(err)
	}
	result, err := rw.Rewrite([]byte("FROM a\nUSER root\nWORKDIR /srv\nRUN mine get x\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"{ [ -d /opt ] || { mkdir /opt && : > /opt/.tplproxy-made; }; } && { [ -d /opt/a ] || { mkdir /opt/a && : > /opt/a/.tplproxy-made; }; } && ",
		"{ [ ! -e /opt/a/.tplproxy-made ] || { rm /opt/a/.tplproxy-made; rmdir /opt/a 2>/dev/null || :; }; } && { [ ! -e /opt/.tplproxy-made ] || { rm /opt/.tplproxy-made; rmdir /opt 2>/dev/null || :; }; }",
	} {
		if !strings.Contains(string(result.Output), want) {
			t.Errorf("%s is not in\n%s", want, result.Output)
		}
	}
}
