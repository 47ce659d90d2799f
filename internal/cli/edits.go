package cli

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// edits gives what turns one text into the other. Between a Dockerfile and its
// rewrite that is blocks put in or taken out, and nothing else; a general
// algorithm is not always so sharp.
func edits(before, after string) []udiff.Edit {
	a, b := strings.SplitAfter(before, "\n"), strings.SplitAfter(after, "\n")
	var list []udiff.Edit
	at, i, j := 0, 0, 0
	for i < len(a) || j < len(b) {
		out, in := blockLines(a[i:], b[j:]), blockLines(b[j:], a[i:])
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j] && (out == 0 || out == in):
			at += len(a[i])
			i, j = i+1, j+1
		case out > 0:
			n := len(strings.Join(a[i:i+out], ""))
			list = append(list, udiff.Edit{Start: at, End: at + n})
			at, i = at+n, i+out
		case in > 0:
			list = append(list, udiff.Edit{Start: at, End: at, New: strings.Join(b[j:j+in], "")})
			j += in
		default:
			return udiff.Lines(before, after)
		}
	}
	return list
}

// blockLines is how many lines a block has that the lines begin with; 0 where
// they begin with none. The others are what stands at that place in the other
// text.
func blockLines(lines, others []string) int {
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "# >>> tplproxy") {
		return 0
	}
	for n, line := range lines {
		if !strings.HasPrefix(line, "# <<< tplproxy") {
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
