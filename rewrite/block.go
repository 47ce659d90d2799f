package rewrite

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// A block is what is put between two instructions, or in the place of one:
//
//	# >>> tplproxy: begin proxy pip >>>
//	…
//	# <<< tplproxy 0123456789ab <<<
//
// The number in its last line is a checksum of the lines before it, so that a
// change by hand is seen. The checksum tells, too, which shape the block has:
// what of the bytes around it came with it.
const (
	BlockStart = "# >>> tplproxy" // what its first line begins with
	BlockEnd   = "# <<< tplproxy" // what its last one begins with
)

// A shape is what came into the file together with a block's lines.
type shape string

const (
	// plain is a block of whole lines.
	plain shape = ""
	// lastLine is a block behind a last line without a line end: that line's
	// end came with the block, and the block has none.
	lastLine shape = "last line"
	// spaced is a block with a bare # behind it, which keeps its last line from
	// being taken for the description of the ARG or FROM that follows
	// (BuildKit's lint rule InvalidDefinitionDescription).
	spaced shape = "spaced"
)

// heads are what stands between the start marker and the rules' names, by the
// block's kind.
var heads = map[string]string{"begin": "begin proxy ", "end": "end proxy ", "after": "after ", "changed": "changed for "}

// A block knows its text without line ends.
type block struct {
	kind  string // "begin", "end", "after" (an end without a beginning) or "changed"
	names string // of the rules
	lines []string
}

// render gives the block's text in a shape, eol at its lines' ends.
func (b block) render(s shape, eol string) string {
	size := len(b.names) + 100
	for _, line := range b.lines {
		size += len(line) + 1
	}
	d := make(digest, 0, size)
	d = append(d, "\n"+BlockStart+": "...)
	d = append(append(append(d, heads[b.kind]...), b.names...), " >>>"...)
	for _, line := range b.lines {
		d = add(d, line)
	}
	d = add(d, d.end(s, "\n"))
	text := string(d)
	if s != lastLine {
		text = text[1:]
	}
	if eol != "\n" {
		text = strings.ReplaceAll(text, "\n", eol)
	}
	return text
}

// A digest is over lines without their ends, which a checkout on another system
// may change: a \n stands before each.
type digest []byte

func add[line string | []byte](d digest, l line) digest { return append(append(d, '\n'), l...) }

// end gives the line that closes a block of that shape, and what comes with it.
func (d digest) end(s shape, eol string) string {
	sum := d.sum(s)
	text := BlockEnd + " " + string(sum[:]) + " <<<"
	switch s {
	case plain:
		text += eol
	case spaced:
		text += eol + "#" + eol
	}
	return text
}

// sum gives the checksum of a block of that shape.
func (d digest) sum(s shape) (sum [12]byte) {
	all := [32]byte{}
	if s == plain {
		all = sha256.Sum256(d)
	} else {
		all = sha256.Sum256(append([]byte(s), d...))
	}
	hex.Encode(sum[:], all[:6])
	return sum
}

// A found block is one that stands in a file.
type found struct {
	kind, names string // as a block's
	start, end  int    // the byte range that came with it
	line        int    // of its first line
	after       int    // the line behind it

	original []byte // what a changed instruction was
}

// blocks finds the blocks of a file. Marker text within an instruction (a
// heredoc, a continued line) is the author's.
func blocks(f *dockerfile.File) ([]found, error) {
	if !marked(f.Source) {
		return nil, nil
	}
	lines := make([][2]int, len(f.Instructions))
	for n, i := range f.Instructions {
		lines[n] = [2]int{i.Line, i.EndLine}
	}
	return findBlocks(f.Source, lines)
}

// marked tells whether a text may hold blocks.
func marked(src []byte) bool {
	return bytes.Contains(src, []byte(BlockStart)) || bytes.Contains(src, []byte(BlockEnd))
}

// findBlocks finds the blocks of a source whose instructions have those first
// and last lines.
func findBlocks(src []byte, instructions [][2]int) ([]found, error) {
	var list []found
	var block found
	var open *found // the block, where there is one
	d := make(digest, 0, 1024)
	inside := within(instructions)
	offset, number := 0, 0
	for len(src) > offset {
		number++
		start := offset
		raw := src[offset:]
		if i := bytes.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[:i+1]
		}
		offset += len(raw)
		raw = bytes.TrimRight(raw, "\r\n")
		if rest, ok := bytes.CutPrefix(raw, []byte("\uFEFF")); ok && number == 1 {
			raw, start = rest, len("\uFEFF")
		}
		if open == nil && (len(raw) == 0 || raw[0] != '#') {
			continue
		}
		switch {
		case bytes.HasPrefix(raw, []byte(BlockStart)) && !inside(number):
			if open != nil {
				return nil, open.broken("has no end")
			}
			block = found{start: start, line: number}
			open = &block
			if err := open.parseHead(string(raw)); err != nil {
				return nil, err
			}
			d = add(d[:0], raw)
		case bytes.HasPrefix(raw, []byte(BlockEnd)) && !inside(number):
			if open == nil {
				return nil, &Error{number, "a tplproxy block ends here that has no beginning; take its lines out by hand"}
			}
			open.end, open.after = offset, number+1
			if err := open.close(src, string(raw), d); err != nil {
				return nil, err
			}
			list = append(list, *open)
			open = nil
		case open != nil:
			d = add(d, raw)
		}
	}
	if open != nil {
		return nil, open.broken("has no end")
	}
	return list, nil
}

func (b *found) parseHead(line string) error {
	text, ok := strings.CutPrefix(line, BlockStart+": ")
	text, ended := strings.CutSuffix(text, " >>>")
	if !ok || !ended {
		return b.broken("was changed by hand")
	}
	for kind, head := range heads {
		if names, found := strings.CutPrefix(text, head); found {
			b.kind, b.names = kind, names
			return nil
		}
	}
	return b.broken("was changed by hand")
}

// close finds out by the checksum which shape the block has.
func (b *found) close(src []byte, last string, d digest) error {
	var sum [12]byte
	if text := strings.TrimSuffix(strings.TrimPrefix(last, BlockEnd+" "), " <<<"); len(text) == len(sum) {
		copy(sum[:], text)
	}
	head := src[b.start : b.start+bytes.IndexByte(src[b.start:], '\n')+1]
	body, eol := src[b.start+len(head):b.end], lineEnd(head)
	s := plain
	switch sum {
	case d.sum(plain):
	case d.sum(lastLine):
		s = lastLine
		// The line end behind the block is not ours; the one before it is, but
		// where the block keeps the last line itself.
		b.end -= lineEnd(src[:b.end])
		if b.kind != "changed" {
			b.start -= min(eol, lineEnd(src[:b.start]))
		}
	case d.sum(spaced):
		rest, _, _ := bytes.Cut(src[b.end:], []byte("\n"))
		if string(bytes.TrimSuffix(rest, []byte("\r"))) != "#" {
			return b.broken("was changed by hand")
		}
		b.end = min(b.end+len(rest)+1, len(src))
		b.after++
	default:
		return b.broken("was changed by hand")
	}
	if b.kind == "changed" {
		b.original = original(body, s, eol)
	}
	return nil
}

// broken is a block that cannot be taken out, and what to do about that. What a
// changed instruction was stands in the block alone.
func (b *found) broken(what string) error {
	remedy := "undo the change, or take the block's lines out by hand"
	if b.kind == "changed" {
		remedy = "undo the change, or put the lines behind " + Kept + " in the block's place by hand"
	}
	return &Error{b.line, fmt.Sprintf("the tplproxy block that begins here %s; %s", what, remedy)}
}

// lineEnd is the length of the line end that text ends in.
func lineEnd(text []byte) int {
	switch {
	case bytes.HasSuffix(text, []byte("\r\n")):
		return 2
	case bytes.HasSuffix(text, []byte("\n")):
		return 1
	}
	return 0
}

// within tells of ascending line numbers whether they are in one of the ranges.
func within(ranges [][2]int) func(line int) bool {
	next := 0
	return func(line int) bool {
		for next < len(ranges) && ranges[next][1] < line {
			next++
		}
		return next < len(ranges) && ranges[next][0] <= line
	}
}

// isWithout tells whether a text is the source without the blocks.
func isWithout(text, src []byte, list []found) bool {
	at := 0
	for _, b := range list {
		rest, ok := bytes.CutPrefix(text, src[at:b.start])
		if ok {
			rest, ok = bytes.CutPrefix(rest, b.original)
		}
		if !ok {
			return false
		}
		text, at = rest, b.end
	}
	return bytes.Equal(text, src[at:])
}

// without gives the source without the blocks, changed instructions as they were.
func without(src []byte, list []found) []byte {
	out := make([]byte, 0, len(src))
	at := 0
	for _, b := range list {
		out = append(append(out, src[at:b.start]...), b.original...)
		at = b.end
	}
	return append(out, src[at:]...)
}
