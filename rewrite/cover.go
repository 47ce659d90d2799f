package rewrite

import (
	"fmt"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
)

// cover marks the downloads that stand within blocks of their rule.
func cover(f *dockerfile.File, list []found, downloads []Download, needs []need) {
	if len(list) == 0 {
		return
	}
	covered := map[int][]found{} // open begin blocks by line, ours taken out
	var open []found
	next, removed := 0, 0
	for _, in := range f.Instructions {
		ours := false
		for next < len(list) && list[next].start < in.Start {
			b := list[next]
			if ours = b.end > in.Start; ours {
				break
			}
			if b.kind == "begin" {
				open = append(open, b)
			} else {
				open = closed(open, b)
			}
			removed += b.after - b.line
			next++
		}
		if ours {
			continue
		}
		covered[in.Line-removed] = append([]found(nil), open...)
	}
	flagged := map[string][]string{}
	for _, n := range needs {
		flagged[fmt.Sprint(n.in.Line, n.rule.Name)] = n.flagged
	}
	for i := range downloads {
		d := &downloads[i]
		if d.Status != Wrappable && d.Status != Direct {
			continue
		}
		var lines []string
		for _, b := range covered[d.Line] {
			for name := range strings.SplitSeq(b.names, ", ") {
				if name == d.Rule {
					lines = append(lines, b.lines...)
				}
			}
		}
		if len(lines) > 0 && setsAll(lines, flagged[fmt.Sprint(d.Line, d.Rule)]) {
			d.Status, d.Reason = Proxied, d.note
		}
	}
}

// closed takes the begin block out that an end block closes.
func closed(open []found, end found) []found {
	for i := len(open) - 1; i >= 0; i-- {
		if open[i].names == end.names {
			return append(open[:i:i], open[i+1:]...)
		}
	}
	return open
}

// setsAll tells whether the lines of blocks set all of the variables.
func setsAll(lines, variables []string) bool {
	for _, v := range variables {
		set := false
		for _, line := range lines {
			_, assignment, _ := strings.Cut(line, " ")
			set = set || strings.HasPrefix(assignment, v+"=")
		}
		if !set {
			return false
		}
	}
	return true
}
