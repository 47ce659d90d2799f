package rewrite

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// An edit puts a text in the place of bytes of an instruction.
type edit struct {
	start, end int // in the file
	text       string
}

// A change is an instruction with other words in it. It stands in a block of its
// own, which keeps the original lines as comments:
//
//	# >>> tplproxy: changed for image >>>
//	#| FROM docker.io/ubuntu:22.04 AS base
//	#
//	FROM 127.0.0.1:7760/library/ubuntu:22.04 AS base
//	# <<< tplproxy 0123456789ab <<<
type change struct {
	in    *dockerfile.Instruction
	rules []string // sorted
	edits []edit   // in order
}

// maxLine is how long a line may be that is to become longer: BuildKit reads no
// more than 65535 bytes.
const maxLine = 60_000

// tooLong tells whether a line of the instruction is too long to be changed.
func tooLong(f *dockerfile.File, in *dockerfile.Instruction) bool {
	return in.End-in.Start > maxLine && f.LongestLine(in) > maxLine
}

// Kept is what an original line of a changed instruction has before it.
const Kept = "#|"

// changes puts the edits of all needs together, by instruction. The same edit may
// be asked for by several.
func changes(f *dockerfile.File, needs []*need) ([]change, error) {
	byIndex := map[int]*change{}
	for _, n := range needs {
		if !n.rule.On {
			continue
		}
		for _, e := range n.edits {
			at := e.start
			if e.start == e.end {
				at-- // what is put in stands behind a word of the instruction
			}
			in := f.At(at)
			c := byIndex[in.Index]
			if c == nil {
				c = &change{in: in}
				byIndex[in.Index] = c
			}
			c.rules = append(c.rules, n.rule.Name)
			c.edits = append(c.edits, e)
		}
	}
	var list []change
	for _, c := range byIndex {
		slices.Sort(c.rules)
		c.rules = slices.Compact(c.rules)
		slices.SortFunc(c.edits, func(a, b edit) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.text, b.text))
		})
		c.edits = slices.Compact(c.edits)
		for i := 1; i < len(c.edits); i++ {
			if c.edits[i].start < c.edits[i-1].end || c.edits[i].start == c.edits[i-1].start {
				return nil, fmt.Errorf("line %d would be changed twice at one place: %w", c.in.Line, ErrVerify)
			}
		}
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.in.Index, b.in.Index) })
	return list, nil
}

// start is where the instruction begins, behind a byte order mark.
func (c change) start(f *dockerfile.File) int {
	if c.in.Start == 0 && bytes.HasPrefix(f.Source, []byte("\uFEFF")) {
		return len("\uFEFF")
	}
	return c.in.Start
}

// apply gives the instruction's lines with the edits in them.
func (c change) apply(f *dockerfile.File) string {
	var b strings.Builder
	at := c.start(f)
	for _, e := range c.edits {
		b.Write(f.Source[at:e.start])
		b.WriteString(e.text)
		at = e.end
	}
	b.Write(f.Source[at:c.in.End])
	return b.String()
}

// render gives the block's text in a shape.
func (c change) render(f *dockerfile.File, s shape) string {
	var text strings.Builder
	d := make(digest, 0, 1024)
	write := func(line string) {
		d = add(d, strings.TrimRight(line, "\r\n"))
		text.WriteString(line)
		if !strings.HasSuffix(line, "\n") {
			text.WriteString(f.EOL)
		}
	}
	write(BlockStart + ": " + heads["changed"] + strings.Join(c.rules, ", ") + " >>>")
	for line := range bytes.Lines(f.Source[c.start(f):c.in.End]) {
		if len(line) > 0 && line[0] != '\n' {
			line = append([]byte(" "), line...)
		}
		write(Kept + string(line))
	}
	// A comment right above a FROM or an ARG counts as its description.
	write("#")
	for _, comment := range c.comments() {
		write("# " + comment)
	}
	for line := range strings.Lines(c.apply(f)) {
		write(line)
	}
	text.WriteString(d.end(s, f.EOL))
	return text.String()
}

// comments are those of the author that count for the instruction and that the
// block's # would cut off: where one is for BuildKit's linter.
func (c change) comments() []string {
	if comments := c.in.Node.PrevComment; slices.ContainsFunc(comments, isCheck) {
		return comments
	}
	return nil
}

// lead is how many lines stand in the block before the instruction.
func (c change) lead(f *dockerfile.File) int {
	return 1 + c.in.EndLine - c.in.Line + 1 + 1 + len(c.comments())
}

// isCheck tells whether a comment is for BuildKit's linter.
func isCheck(comment string) bool {
	name, _, found := strings.Cut(comment, "=")
	return found && strings.EqualFold(strings.TrimSpace(name), "check")
}

// original gives the lines that a change's block keeps, from its text behind the
// first line; eol is how long its line ends are.
func original(text []byte, s shape, eol int) []byte {
	var out []byte
	for line := range bytes.Lines(text) {
		rest, ok := bytes.CutPrefix(line, []byte(Kept))
		if !ok {
			break
		}
		out = append(out, bytes.TrimPrefix(rest, []byte(" "))...)
	}
	if s == lastLine {
		out = out[:len(out)-min(eol, lineEnd(out))]
	}
	return out
}
