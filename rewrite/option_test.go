package rewrite_test

import (
	"fmt"
	"testing"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// mine has subcommands beside a program that it runs, and says its shortened
// options in two places.
const mine = `
name: mine
setting: MINE_URL
upstream: https://mine.example
commands:
  - mt ci
  - mt PACKAGE …
  - m2 get …
  - m3 fetch URL …
options: [--dir]
shortened: [mt --reg, mt --of, m2]
flags: [--registry]
offline: [--offline]
env: {MINE: "{{ MINE_URL }}"}
besides:
  URL: {reason: it is fetched from there}
`

// TestFollowed is about what stands behind a program that is run by another.
func TestFollowed(t *testing.T) {
	set := &rules.Set{}
	addRule(t, set, mine)
	rw, err := rewrite.New(set, rules.Settings{"MINE_URL": {Value: "http://p"}})
	if err != nil {
		t.Fatal(err)
	}
	for command, want := range map[string]string{
		"mt ci --registry https://own.example":                            "[overridden [own.example]]",
		"mt ci --offline":                                                 "[]",
		"mt ci --offl":                                                    "[]",
		"mt ci --of":                                                      "[wrappable [mine.example]]",
		"mt --dir x tool --regi https://own.example":                      "[wrappable [mine.example]]",
		"mt tool --registry https://own.example":                          "[overridden [own.example]]",
		"mt --regi https://own.example tool":                              "[overridden [own.example]]",
		"mt --reg https://site.example":                                   "[wrappable [mine.example] direct [site.example]]",
		"mt tool https://site.example":                                    "[wrappable [mine.example]]",
		"mt $TOOL --registry https://own.example":                         "[overridden [own.example]]",
		"m2 get a b --regi https://own.example":                           "[overridden [own.example]]",
		"m3 fetch https://a.example https://b.example --dir x --offline":  "[wrappable [a.example] direct [a.example]]",
		"m3 fetch --dir https://x.example https://a.example --regi https": "[wrappable [a.example] direct [a.example]]",
	} {
		downloads, err := rw.Scan([]byte("FROM scratch\nARG TOOL\nRUN " + command + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		for _, d := range downloads {
			got = append(got, d.Status, d.Upstreams)
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: %v, want %s", command, got, want)
		}
	}
}
