package shell

import (
	"reflect"
	"testing"
)

// Whatever the script: no panic, no end of time, and twice the same.
func FuzzParse(f *testing.F) {
	for _, table := range [][][2]string{compounds, wrapped, shellsInShells, heredocs, words, variables, functions} {
		for _, row := range table {
			f.Add(row[0])
		}
	}
	f.Fuzz(func(t *testing.T, script string) {
		first, err := Parse(script, lookup)
		again, errAgain := Parse(script, lookup)
		if (err == nil) != (errAgain == nil) {
			t.Fatalf("%v, then %v", err, errAgain)
		}
		if err != nil {
			return
		}
		if a, b := describe(first), describe(again); a != b {
			t.Fatalf("%s\nthen %s", a, b)
		}
		if !reflect.DeepEqual(first.Uses, again.Uses) {
			t.Fatalf("%v, then %v", first.Uses, again.Uses)
		}
		for _, c := range first.Commands {
			if len(c.Words) == 0 {
				t.Fatal("a command without words")
			}
		}
		for name, n := range first.Uses {
			if n < 0 {
				t.Fatalf("%s is used %d times", name, n)
			}
		}
		ParseExec([]string{"sh", "-c", script}, lookup)
	})
}
