package dockerfile

import (
	"bytes"
	"testing"
)

// No panic; and the ranges ascend, do not overlap, and leave out only comments
// and blank lines.
func FuzzParse(f *testing.F) {
	for _, src := range []string{
		"FROM a\nRUN b\n",
		"\uFEFF# syntax=x\r\n# escape=`\r\nARG A=1\r\nFROM a AS b\r\nRUN b `\r\n# c\r\n\r\n  d\r\n",
		"FROM a\nRUN <<EOF cat <<-'X'\nb\nEOF\n\tX\nCOPY <<A <<B /x/\na\nA\nb\nB\n",
		"FROM a\nRUN b \\",
		"FROM a\n\\\nRUN b\n",
		"FROM a\nENV A=b \\\n  C=\"d\"\nARG E=$A\nUSER $E:x\nWORKDIR /x\nSHELL [\"a\", \"b\"]\nONBUILD RUN c\n",
		"FROM a AS b\nFROM B\nHEALTHCHECK NONE\nLABEL a=b\n{{ X }}\n",
	} {
		f.Add([]byte(src))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		file, err := Parse(src)
		if err != nil {
			if _, ok := err.(*Error); !ok {
				t.Fatalf("%T is no *Error", err)
			}
			return
		}
		at := 0
		for _, in := range file.Instructions {
			if in.Start < at || in.End <= in.Start || in.End > len(src) {
				t.Fatalf("%q: %d-%d behind %d", in.Node.Original, in.Start, in.End, at)
			}
			for _, place := range []int{in.Start, in.End} {
				if place > 0 && place < len(src) && src[place-1] != '\n' {
					t.Fatalf("%q: %d-%d are no whole lines", in.Node.Original, in.Start, in.End)
				}
			}
			if 1+bytes.Count(src[:in.Start], []byte("\n")) != in.Line {
				t.Fatalf("%q: line %d begins elsewhere", in.Node.Original, in.Line)
			}
			between(t, src[at:in.Start])
			at = in.End
			if in.Keyword != "from" && in.Stage != nil && in.Scope == nil {
				t.Fatalf("%q: no scope", in.Node.Original)
			}
		}
		between(t, src[at:])
	})
}

func between(t *testing.T, lines []byte) {
	for line := range bytes.Lines(bytes.TrimPrefix(lines, []byte("\uFEFF"))) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			t.Fatalf("%q belongs to no instruction", line)
		}
	}
}
