package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/tplproxy/tplproxy/rewrite"
)

func (a *app) printTable(r *report) {
	for _, f := range r.Files {
		if len(f.Downloads) > 0 {
			a.printFile(f)
		}
	}
	a.printSummary(r)
	fmt.Fprintf(a.Out, "%s in %s", count(r.Summary["downloads"], "download"), count(len(r.Files), "Dockerfile"))
	sep := ": "
	for _, s := range rewrite.Statuses() {
		if n := r.Summary[string(s)]; n > 0 {
			fmt.Fprintf(a.Out, "%s%d %s", sep, n, s)
			sep = ", "
		}
	}
	fmt.Fprintln(a.Out)
}

// printFile prints a file's downloads: a line for each command and upstream of
// one, and the reason below.
func (a *app) printFile(f fileReport) {
	rows := [][]string{{"LINE", "STATUS", "RULE", "UPSTREAM", "COMMAND"}}
	status := []rewrite.Status{""}
	reasons := map[int]string{} // by the row that they stand below
	for _, d := range f.Downloads {
		for i := range max(len(d.Commands), len(d.Upstreams), 1) {
			cells := []string{"", "", "", at(d.Upstreams, i), at(d.Commands, i)}
			if i == 0 {
				cells = []string{fmt.Sprint(d.Line), string(d.Status), orDash(d.Rule), orDash(at(d.Upstreams, 0)), at(d.Commands, 0)}
			}
			rows, status = append(rows, cells), append(status, d.Status)
		}
		reasons[len(rows)-1] = d.Reason
	}
	var width [4]int
	for _, cells := range rows {
		for i := range width {
			width[i] = max(width[i], utf8.RuneCountInString(cells[i]))
		}
	}
	fmt.Fprintln(a.Out, a.bold(shown(f.in.name)))
	for i, cells := range rows {
		a.printRow(cells, width, status[i])
		if reasons[i] != "" {
			fmt.Fprintf(a.Out, "%*s%s\n", 4+width[0], "", reasons[i])
		}
	}
	fmt.Fprintln(a.Out)
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func (a *app) printRow(cells []string, width [4]int, status rewrite.Status) {
	var b strings.Builder
	for i, c := range cells {
		if i == len(width) {
			b.WriteString(c)
			break
		}
		pad := strings.Repeat(" ", width[i]-utf8.RuneCountInString(c)+2)
		switch {
		case i == 0:
			b.WriteString("  " + pad[2:] + c + "  ")
			continue
		case i == 1:
			c = a.colour(statusColour(status), c)
		}
		b.WriteString(c + pad)
	}
	fmt.Fprintln(a.Out, strings.TrimRight(b.String(), " "))
}

func statusColour(s rewrite.Status) colour {
	switch s {
	case rewrite.Proxied:
		return green
	case rewrite.Wrappable, rewrite.Direct:
		return yellow
	case "":
		return "2"
	}
	return red
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
