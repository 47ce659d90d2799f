package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// rewritten is one Dockerfile and what Rewrite made of it.
type rewritten struct {
	change
	downloads []rewrite.Download
}

func runRewrite(a *app, o *options, paths []string) (int, error) {
	if err := errors.Join(checkPaths(paths), checkOutput(o, paths)); err != nil {
		return exitWrong, err
	}
	rw, err := a.setup(o, paths)
	if err != nil {
		return exitWrong, err
	}
	if err := refusePasswords(rw); err != nil {
		return exitWrong, err
	}
	inputs, err := a.inputs(paths)
	if err != nil {
		// The good ones are looked at all the same, so that every bad one is
		// named.
		_, more := each(inputs, func(in *input) (rewritten, error) { return a.rewriteOne(rw, in) })
		return exitWrong, errors.Join(err, more)
	}
	results, err := each(inputs, func(in *input) (rewritten, error) { return a.rewriteOne(rw, in) })
	if err != nil {
		return exitWrong, err
	}
	changes := make([]change, len(results))
	for i, r := range results {
		changes[i] = r.change
	}
	changed, err := a.settle(o, paths, changes)
	if err != nil {
		return exitWrong, err
	}
	out := a.messages(o, paths)
	if !rw.On() {
		a.explainSettings(out, rw)
		return exitDone, nil
	}
	a.summary(out, o, rw, results)
	if o.check && changed {
		return exitFound, nil
	}
	return exitDone, nil
}

func (a *app) rewriteOne(rw *setup, in *input) (rewritten, error) {
	if !rw.On() {
		// Nothing is changed, but what is no Dockerfile is told.
		downloads, err := rw.Scan(in.src)
		return rewritten{change{in, in.src}, downloads}, err
	}
	result, err := rw.Rewrite(in.src)
	if err != nil {
		return rewritten{}, err
	}
	return rewritten{change{in, result.Output}, result.Downloads}, nil
}

// messages is where to say what was done: not where the content goes.
func (a *app) messages(o *options, paths []string) io.Writer {
	if o.diff || !o.check && slices.Contains(paths, "-") {
		return a.Err
	}
	return a.Out
}

func refusePasswords(rw *setup) error {
	refused := map[string]error{}
	for _, r := range rw.Rules() {
		if !r.On || !r.Password() {
			continue
		}
		for _, name := range r.Reads() {
			if s := rw.settings[name]; rules.Mask(s.Value) != s.Value {
				refused[name] = fmt.Errorf("%s: %s: %w; name the proxy without them, and let it hold the credentials itself", s.Source, name, rules.ErrPassword)
			}
		}
	}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(refused)) {
		errs = append(errs, refused[name])
	}
	return errors.Join(errs...)
}

// explainSettings says how to turn a rule on.
func (a *app) explainSettings(w io.Writer, rw *setup) {
	fmt.Fprint(w, "No proxy is configured, so nothing was changed. These settings turn the rules on:\n\n")
	about := map[string][]string{}
	width := 0
	for _, r := range rw.Rules() {
		for _, name := range r.TurnOn() {
			about[name] = append(about[name], fmt.Sprintf("%s (%s)", r.About, r.Name))
			width = max(width, len(name))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(about)) {
		title := name
		for _, text := range append(about[name], rw.explainDefault(name)...) {
			for _, line := range wrap(text, pageWidth-width-4) {
				fmt.Fprintf(w, "  %-*s  %s\n", width, title, line)
				title = ""
			}
		}
	}
	fmt.Fprint(w, `
Each is the URL of a proxy. Set them in one of these places; the last wins:

  tutor config save --set PIP_INDEX_URL=http://172.17.0.1:7762/simple
  export TPLPROXY_PIP_INDEX_URL=http://172.17.0.1:7762/simple
  tplproxy rewrite --set PIP_INDEX_URL=http://172.17.0.1:7762/simple env/
`)
}

// explainDefault says of a setting what it is by itself, and what it looks like
// where that is no URL.
func (s *setup) explainDefault(name string) []string {
	var lines []string
	if s.set.Declared(name).Kind == rules.Mirrors {
		lines = append(lines, "as HOST=URL, with commas between")
	}
	if from := s.derivedFrom(name); len(from) > 0 {
		lines = append(lines, "by default a path below "+strings.Join(from, ", "))
	}
	return lines
}

// summary says in one line a file what was wrapped, and at the end what the
// build needs.
func (a *app) summary(w io.Writer, o *options, rw *setup, results []rewritten) {
	wrapped, all := 0, 0
	gap := ""
	for _, r := range results {
		n, line := describe(r.downloads)
		wrapped += n
		all += len(r.downloads)
		if len(r.downloads) == 0 && !r.changes() {
			continue
		}
		if !r.changes() {
			line += " (unchanged)"
		}
		fmt.Fprintf(w, "%s: %s\n", a.bold(shown(r.in.name)), line)
		gap = "\n"
	}
	verb := "go"
	switch {
	case o.check || o.diff:
		verb = "would go"
	case all == 1:
		verb = "goes"
	}
	fmt.Fprintf(w, "%s%d of %s in %s %s through a proxy.", gap, wrapped, count(all, "download"), count(len(results), "Dockerfile"), verb)
	if wrapped < all {
		fmt.Fprint(w, " Run tplproxy scan to see why the others do not.")
	}
	fmt.Fprintln(w)
	if wrapped > 0 {
		a.needs(w, rw, results)
	}
}

// needs says what a build of rewritten Dockerfiles needs.
func (a *app) needs(w io.Writer, rw *setup, results []rewritten) {
	if hosts := rules.Local(rw.Rules()); len(hosts) > 0 {
		fmt.Fprintf(w, "Proxies at %s are reached from inside a build only with the host's network:\n  docker build --network=host …    tutor images build -d --network=host …\n", strings.Join(hosts, ", "))
	}
	if hosts := insecure(rw, results); len(hosts) > 0 {
		fmt.Fprintf(w, "The builder fetches images by http only from registries that it knows as insecure. Name %s\nin \"insecure-registries\" of docker's daemon.json, or with http = true in buildkitd.toml.\n", strings.Join(hosts, ", "))
	}
	fmt.Fprint(w, "Rewritten Dockerfiles build with a cache of their own: the first build starts from scratch, and neither\nthe cache of the unchanged files nor the one that Tutor pulls with --cache-from is used.\n")
}

// insecure lists the registries, by host and port, that images come from by http.
// The builder asks those on this machine so anyway.
func insecure(rw *setup, results []rewritten) []string {
	var hosts []string
	for _, r := range rw.Rules() {
		if _, images := r.References["image"]; !images || !r.On || !wraps(results, r.Name) {
			continue
		}
		for _, name := range r.Reads() {
			for e := range strings.SplitSeq(rw.value(name).text, ",") {
				_, text, found := strings.Cut(e, "=")
				if !found {
					text = e
				}
				if u, err := url.Parse(strings.TrimSpace(text)); err == nil && u.Scheme == "http" && !rules.Loopback(u.Hostname()) {
					hosts = append(hosts, u.Host)
				}
			}
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// wraps tells whether a rule had something to do.
func wraps(results []rewritten, rule string) bool {
	return slices.ContainsFunc(results, func(r rewritten) bool {
		return slices.ContainsFunc(r.downloads, func(d rewrite.Download) bool { return d.Rule == rule && d.Status == rewrite.Proxied })
	})
}

// describe counts the downloads that are wrapped, and lists all by rule.
func describe(downloads []rewrite.Download) (int, string) {
	wrapped := 0
	byRule := map[string]int{}
	other := map[rewrite.Status]int{}
	for _, d := range downloads {
		if d.Status != rewrite.Proxied {
			other[d.Status]++
			continue
		}
		wrapped++
		byRule[d.Rule]++
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(byRule)) {
		parts = append(parts, fmt.Sprintf("%s %d", name, byRule[name]))
	}
	line := fmt.Sprintf("%s through a proxy", count(wrapped, "download"))
	if len(parts) > 0 {
		line += " (" + strings.Join(parts, ", ") + ")"
	}
	for _, s := range rewrite.Statuses() {
		if n := other[s]; n > 0 {
			line += fmt.Sprintf(", %d %s", n, s)
		}
	}
	return wrapped, line
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
