package cli

import (
	"strings"
	"testing"
)

// TestLinesOnDisk looks each line of a Dockerfile up in its rewrite: where it is
// not a changed one, it is the same there.
func TestLinesOnDisk(t *testing.T) {
	rw := testRewriter(t)
	for _, src := range rewritable {
		result, err := rw.Rewrite([]byte(src))
		if err != nil {
			t.Fatal(err)
		}
		line := linesOnDisk(result.Output)
		clean := strings.Split(src, "\n")
		disk := strings.Split(string(result.Output), "\n")
		for i, text := range clean {
			if i == len(clean)-1 && text == "" {
				continue
			}
			got := disk[line(i+1)-1]
			words := strings.Fields(strings.TrimPrefix(text, byteOrderMark))
			if strings.TrimRight(got, "\r") != strings.TrimRight(text, "\r") && (len(words) == 0 || !strings.HasPrefix(got, words[0]) || strings.HasPrefix(got, "#")) {
				t.Errorf("%q: line %d is said to be line %d, %q", src, i+1, line(i+1), got)
			}
		}
		if unchanged := linesOnDisk([]byte(src)); unchanged(2) != 2 {
			t.Errorf("%q: without blocks line 2 is said to be line %d", src, unchanged(2))
		}
	}
}
