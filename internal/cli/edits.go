package cli

import (
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"

	"github.com/tplproxy/tplproxy/rewrite"
)

const byteOrderMark = "\uFEFF"

// edits gives what turns one text into the other. Between a Dockerfile and its
// rewrite that is blocks put in or taken out, and instructions with a block in
// their place; a general algorithm is not always so sharp.
func edits(before, after string) []udiff.Edit {
	at := 0
	a, b := before, after
	if strings.HasPrefix(a, byteOrderMark) && strings.HasPrefix(b, byteOrderMark) {
		at = len(byteOrderMark)
		a, b = a[at:], b[at:]
	}
	w := walk{a: strings.SplitAfter(a, "\n"), b: strings.SplitAfter(b, "\n"), at: at}
	for len(w.a) > 0 || len(w.b) > 0 {
		if !w.step() {
			return udiff.Lines(before, after)
		}
	}
	return w.edits
}

// A walk goes through the lines of two texts side by side.
type walk struct {
	a, b  []string // what is left
	at    int      // where a begins, in its text
	edits []udiff.Edit
}

// step goes on by a line or a block. It tells whether the texts differ in blocks
// alone so far.
func (w *walk) step() bool {
	out, in := blockLines(w.a, w.b), blockLines(w.b, w.a)
	switch {
	case len(w.a) > 0 && len(w.b) > 0 && w.a[0] == w.b[0] && (out == 0 || out == in):
		w.at += len(w.a[0])
		w.a, w.b = w.a[1:], w.b[1:]
	case out > 0 && in > 0 && kept(w.a) > 0 && slices.Equal(originals(w.a), originals(w.b)):
		w.replace(out, in)
	case kept(w.b) > 0 && original(w.b, w.a):
		w.replace(kept(w.b), blockLines(w.b, w.a[kept(w.b):]))
	case kept(w.a) > 0 && original(w.a, w.b):
		w.replace(blockLines(w.a, w.b[kept(w.a):]), kept(w.a))
	case out > 0:
		w.replace(out, 0)
	case in > 0:
		w.replace(0, in)
	case len(w.a) == 1 && lastLine(w.a[0], w.b):
		w.append(w.b[0][len(w.a[0]):] + strings.Join(w.b[1:], ""))
	case len(w.b) == 1 && lastLine(w.b[0], w.a):
		w.edits = append(w.edits, udiff.Edit{Start: w.at + len(w.b[0]), End: w.at + len(strings.Join(w.a, ""))})
		w.a, w.b = nil, nil
	default:
		return false
	}
	return true
}

// replace puts the first lines of b in the place of those of a.
func (w *walk) replace(out, in int) {
	n := len(strings.Join(w.a[:out], ""))
	w.edits = append(w.edits, udiff.Edit{Start: w.at, End: w.at + n, New: strings.Join(w.b[:in], "")})
	w.at += n
	w.a, w.b = w.a[out:], w.b[in:]
}

// append puts a text behind a's last line.
func (w *walk) append(text string) {
	end := w.at + len(w.a[0])
	w.edits = append(w.edits, udiff.Edit{Start: end, End: end, New: text})
	w.a, w.b = nil, nil
}

// lastLine tells whether lines begin with that one, which has no end in its own
// text, and go on with blocks.
func lastLine(line string, lines []string) bool {
	return line != "" && strings.TrimRight(lines[0], "\r\n") == line && blockLines(lines[1:], nil) > 0
}

// blockLines is how many lines a block has that the lines begin with; 0 where
// they begin with none. The others are what stands at that place in the other
// text.
func blockLines(lines, others []string) int {
	if len(lines) == 0 || !strings.HasPrefix(lines[0], rewrite.BlockStart) {
		return 0
	}
	for n, line := range lines {
		if !strings.HasPrefix(line, rewrite.BlockEnd) {
			continue
		}
		n++
		// A bare # may have come with the block; where the other text goes on
		// with one, it is the author's.
		if bare(lines, n) && (!bare(others, 0) || bare(lines, n+1)) {
			n++
		}
		return n
	}
	return 0
}

// bare tells whether a line is there and is a # alone.
func bare(lines []string, n int) bool {
	return n < len(lines) && strings.TrimRight(lines[n], "\r\n") == "#"
}

// originals are the lines that a block keeps of the instruction that it changes,
// without their ends; nil where the lines begin with no such block.
func originals(lines []string) []string {
	if blockLines(lines, nil) == 0 {
		return nil
	}
	var list []string
	for _, line := range lines[1:] {
		text, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), rewrite.Kept)
		if !ok {
			break
		}
		list = append(list, strings.TrimPrefix(text, " "))
	}
	return list
}

func kept(lines []string) int { return len(originals(lines)) }

// original tells whether lines begin with what a block keeps.
func original(block, lines []string) bool {
	list := originals(block)
	if len(lines) < len(list) {
		return false
	}
	for i, line := range list {
		if strings.TrimRight(lines[i], "\r\n") != line {
			return false
		}
	}
	return true
}
