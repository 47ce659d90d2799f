package cli

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

const (
	pageWidth = 100 // columns
	maxPlaces = 3   // of one obstacle
)

// An obstacle is why downloads are not proxied, and what would change it.
type obstacle struct {
	status            rewrite.Status
	rule, reason, fix string
}

// printSummary says how many downloads are proxied, by rule and by host, and of
// the others what to do next.
func (a *app) printSummary(r *report) {
	if r.Summary["downloads"] > 0 {
		fmt.Fprintln(a.Out, a.bold("Summary"))
		width := len("UPSTREAM")
		for _, tallies := range []map[string]*tally{r.Rules, r.Upstreams} {
			for name := range tallies {
				width = max(width, utf8.RuneCountInString(name))
			}
		}
		a.printTallies("RULE", r.Rules, width)
		fmt.Fprintln(a.Out)
		a.printTallies("UPSTREAM", r.Upstreams, width)
		fmt.Fprintln(a.Out)
	}
	if r.Summary["downloads"] > r.Summary[string(rewrite.Proxied)] {
		fmt.Fprintln(a.Out, a.bold("Not proxied"))
		a.printObstacles(r)
		fmt.Fprintln(a.Out)
	}
}

// printTallies prints the counts, the largest first.
func (a *app) printTallies(title string, tallies map[string]*tally, width int) {
	if len(tallies) == 0 {
		return
	}
	fmt.Fprintln(a.Out, a.colour("2", fmt.Sprintf("  %-*s  DOWNLOADS  PROXIED", width, title)))
	names := slices.SortedFunc(maps.Keys(tallies), func(x, y string) int {
		return cmp.Or(cmp.Compare(tallies[y].Downloads, tallies[x].Downloads), cmp.Compare(x, y))
	})
	for _, name := range names {
		t := tallies[name]
		proxied := fmt.Sprintf("%7d", t.Proxied)
		if t.Proxied == t.Downloads {
			proxied = a.colour(green, proxied)
		}
		pad := strings.Repeat(" ", width-utf8.RuneCountInString(name))
		fmt.Fprintf(a.Out, "  %s%s  %9d  %s\n", name, pad, t.Downloads, proxied)
	}
}

// printObstacles prints why downloads are not proxied: what is easiest to change
// first.
func (a *app) printObstacles(r *report) {
	places := obstacles(r)
	list := slices.SortedFunc(maps.Keys(places), func(x, y obstacle) int {
		return cmp.Or(
			cmp.Compare(slices.Index(rewrite.Statuses(), x.status), slices.Index(rewrite.Statuses(), y.status)),
			cmp.Compare(len(places[y]), len(places[x])),
			cmp.Compare(x.rule, y.rule), cmp.Compare(x.reason, y.reason), cmp.Compare(x.fix, y.fix))
	})
	for _, o := range list {
		a.printObstacle(o, places[o])
	}
}

// obstacles groups the downloads that are not proxied, each by its place. What a
// rewrite wraps is one group, whatever there is to know about it.
func obstacles(r *report) map[obstacle][]string {
	places := map[obstacle][]string{}
	for _, f := range r.Files {
		for _, d := range f.Downloads {
			o := obstacle{d.Status, d.Rule, d.Reason, rules.Mask(d.Fix)}
			switch d.Status {
			case rewrite.Proxied:
				continue
			case rewrite.Wrappable:
				o = obstacle{status: d.Status}
			}
			places[o] = append(places[o], fmt.Sprintf("%s:%d", shown(f.Path), d.Line))
		}
	}
	return places
}

func (a *app) printObstacle(o obstacle, places []string) {
	const indent = 7
	status := a.colour(statusColour(o.status), string(o.status))
	if o.status == rewrite.Wrappable {
		them := "them"
		if len(places) == 1 {
			them = "it"
		}
		fmt.Fprintf(a.Out, "%5d  %s: tplproxy rewrite wraps %s\n", len(places), status, them)
		return
	}
	title := strings.TrimSuffix(string(o.status)+" "+o.rule, " ")
	lines := wrap(title+": "+o.reason, pageWidth-indent)
	lines[0] = status + strings.TrimPrefix(lines[0], string(o.status))
	if o.fix != "" {
		lines = append(lines, wrap("fix: "+o.fix, pageWidth-indent)...)
	}
	lines = append(lines, wrap(some(places), pageWidth-indent)...)
	for i, line := range lines {
		number := ""
		if i == 0 {
			number = fmt.Sprint(len(places))
		}
		fmt.Fprintf(a.Out, "%*s%s\n", indent, fmt.Sprintf("%5s  ", number), line)
	}
}

// some lists the first few.
func some(places []string) string {
	if len(places) <= maxPlaces {
		return strings.Join(places, ", ")
	}
	return fmt.Sprintf("%s and\u00a0%d\u00a0more", strings.Join(places[:maxPlaces], ", "), len(places)-maxPlaces)
}

// wrap breaks a text between words, so that no line is longer than the width
// where that can be helped. What must not be torn apart has a no-break space.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for word := range strings.SplitSeq(text, " ") {
		word = strings.ReplaceAll(word, "\u00a0", " ")
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}
