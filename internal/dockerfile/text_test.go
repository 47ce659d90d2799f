package dockerfile

import (
	"strings"
	"testing"
)

// TestText puts lines together, and looks up in the file where each byte of them
// stands.
func TestText(t *testing.T) {
	for _, test := range []struct{ name, src, keyword, want string }{
		{"one line", "FROM a AS b\n", "from", "FROM a AS b"},
		{"white space before", "FROM a\n \t RUN x\n", "run", "RUN x"},
		{"continued", "FROM a\nRUN x \\\n  y\n", "run", "RUN x   y"},
		{"a comment between", "FROM a\nRUN x \\\n# no\n  # no \\\n  y\n", "run", "RUN x   y"},
		{"an empty line between", "FROM a\nRUN x \\\n\n  y\n", "run", "RUN x   y"},
		{"white space behind the token", "FROM a\nRUN x \\ \t\ny\n", "run", "RUN x y"},
		{"two tokens are none", "FROM a\nRUN x \\\\\nRUN y\n", "run", `RUN x \\`},
		{"another token", "# escape=`\nFROM a\nRUN x\\ `\ny\n", "run", `RUN x\ y`},
		{"CRLF", "FROM a\r\nRUN x \\\r\n  y\r\n", "run", "RUN x   y"},
		{"no line end", "FROM a\nRUN x", "run", "RUN x"},
		{"a byte order mark", "\uFEFFFROM a\n", "from", "FROM a"},
		{"a heredoc", "FROM a\nRUN <<EOF cat\nx\nEOF\n", "run", "RUN <<EOF cat"},
	} {
		f, err := Parse([]byte(test.src))
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		var in *Instruction
		for _, i := range f.Instructions {
			if i.Keyword == test.keyword && in == nil {
				in = i
			}
		}
		text := f.Text(in)
		if string(text.Line) != test.want {
			t.Errorf("%s: %q, want %q", test.name, text.Line, test.want)
		}
		if !strings.HasPrefix(in.Node.Original, strings.TrimSpace(test.want)) {
			t.Errorf("%s: buildkit has %q", test.name, in.Node.Original)
		}
		for i, c := range text.Line {
			if at := text.Offsets[i]; f.Source[at] != c {
				t.Errorf("%s: byte %d is %q, but %q stands at %d", test.name, i, c, f.Source[at], at)
			}
		}
		if below := string(f.Source[text.Below:in.End]); len(in.Node.Heredocs) == 0 && below != "" || len(in.Node.Heredocs) > 0 && below != "x\nEOF\n" {
			t.Errorf("%s: %q stands below", test.name, below)
		}
	}
}

func TestFind(t *testing.T) {
	const src = "FROM node AS node\nADD a \\\n  bb b\\\nc ab a /x\n"
	f, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	from, add := f.Text(f.Instructions[0]), f.Text(f.Instructions[1])
	if at, ok := from.First("node"); !ok || at != len("FROM ") {
		t.Errorf("First: %d, %v", at, ok)
	}
	for word, want := range map[string]int{
		"node": -1, // not of this instruction
		"a":    -1, // twice
		"bb":   strings.Index(src, "bb"),
		"bc":   -1, // put together from two lines
		"b":    -1,
		"ab":   strings.Index(src, "ab a"),
		"/x":   strings.Index(src, "/x"),
		"":     -1,
	} {
		if at, ok := add.Find(word); ok != (want >= 0) || ok && at != want {
			t.Errorf("Find(%q): %d, %v", word, at, ok)
		}
	}
}

func TestAt(t *testing.T) {
	const src = "# a\nFROM a\n\nRUN x \\\n  y\n# b\n"
	f, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{"# a": "", "FROM": "from", "RUN": "run", "y\n": "run", "# b": ""} {
		got := ""
		if in := f.At(strings.Index(src, text)); in != nil {
			got = in.Keyword
		}
		if got != want {
			t.Errorf("%q is in %q, want %q", text, got, want)
		}
	}
}

func TestGlobals(t *testing.T) {
	f, err := Parse([]byte("ARG A=x B=\"y z\"\nARG A=again\nARG C\narg D=''\nFROM a\nARG E=f\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"A": {"x", "again"}, "B": {"y z"}, "C": {""}, "D": {""}, "E": nil} {
		list := f.Globals(name)
		if len(list) != len(want) {
			t.Errorf("%s: %v", name, list)
			continue
		}
		for i, g := range list {
			if g.Value != want[i] || g.Bare != (name == "C") || g.Quote != strings.Count(want[i], " ")+strings.Count(g.Word, "''") {
				t.Errorf("%s: %+v, want %q", name, g, want[i])
			}
		}
	}
}

func TestSyntax(t *testing.T) {
	for src, want := range map[string]int{
		"# syntax=x\nFROM a\n":             1,
		"# escape=`\n# syntax=x\nFROM a\n": 2,
		"\uFEFF# syntax = x\nFROM a\n":     1,
		"#!/x\n# syntax=x\nFROM a\n":       2,
		"# a\n# syntax=x\nFROM a\n":        0,
		"FROM a\n":                         0,
	} {
		f, err := Parse([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		value, line := f.Syntax()
		if line != want || (value == "x") != (want > 0) {
			t.Errorf("%q: %q in line %d", src, value, line)
		}
	}
}
