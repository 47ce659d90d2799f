package rewrite

import (
	"net"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// changeURLs tells whether the URLs of a command can be changed so that they go
// to a mirror of files, and how. What is not sure stays: the reason says why.
func (r *run) changeURLs(m *call, ref rules.Reference) verdict {
	for _, k := range m.keeping {
		if k.name[0] != '-' {
			if r.value(m, k.name) != "" || r.mountsEnv(k.name) || strings.Contains(k.name, ".") && r.brings(k.name, false) {
				return verdict{status: Overridden, reason: k.Reason}
			}
			continue
		}
		if m.given(k.name) {
			return verdict{status: Overridden, reason: k.Reason}
		}
	}
	for _, w := range m.command.Words[1:] {
		if w.Holes && strings.HasPrefix(strings.TrimLeft(w.Text, "-"), "$") && !m.isValue(w) {
			return verdict{status: Overridden, reason: w.Text + " may be an option that is for the origin alone"}
		}
	}
	v := verdict{status: Wrappable, changeable: true, fix: "tplproxy rewrite"}
	mirrored := 0
	for i, w := range m.urls {
		if ref.Has(w.Text) {
			mirrored++
			continue
		}
		e, why := r.changeURL(w, m.hosts[i], ref)
		if why != nil {
			return *why
		}
		if e.text != "" {
			v.edits = append(v.edits, e)
		}
	}
	switch {
	case mirrored > 0 && mirrored == len(m.urls):
		return verdict{status: Proxied, reason: "the command names the mirror itself"}
	case len(v.edits) == 0:
		v.status, v.reason, v.fix = Direct, ref.Off, m.rule.Fix
	}
	return v
}

// changeURL gives the edit that sends one URL to the mirror, or why there is none.
// Where no mirror is set, the edit has no text.
func (r *run) changeURL(w shell.Word, host string, ref rules.Reference) (edit, *verdict) {
	stays := func(reason string) (edit, *verdict) {
		return edit{}, &verdict{status: Unsupported, reason: w.Text + reason}
	}
	scheme, _, found := strings.Cut(w.Text, "://")
	switch {
	case !found:
		return stays(" has no scheme, and is not changed")
	case strings.Contains(authority(w.Text), "@"):
		return stays(" names a user, whom the mirror does not know")
	case !strings.Contains(strings.TrimPrefix(w.Text, scheme+"://"), "/"):
		return stays(" has no path, so what is written would be named after the host")
	case authority(w.Text) != host:
		return stays(" writes its host with a port or capitals, for which the mirror may have no place")
	case r.secretIn(w):
		return stays(" may have a secret in it, which is for the origin alone")
	case dotted(w.Text):
		return stays(" has dots in its path that would lead out of the mirror's place for it")
	case private(host):
		return stays(" is of the own network, which a mirror may not reach")
	case w.End == 0:
		return stays(" does not stand in the RUN as one plain word (a script within the script, a brace expansion), and is not changed")
	}
	to := ref.To[strings.ToLower(scheme)+"://"]
	if to == "" && len(ref.To) > 0 {
		return stays(" is asked by " + scheme + ", which the mirror does not serve")
	}
	if len(ref.Hosts) > 0 && to != "" && !slices.Contains(ref.Hosts, host) {
		v := unlisted(ref.Of, host)
		return edit{}, &v
	}
	places := r.places()
	begin := scheme + "://"
	whole := begin + authority(w.Text)
	raw := ""
	if w.End <= len(r.source) {
		raw = r.source[w.Start:w.End]
	}
	at := w.Start + len(raw) - len(strings.TrimLeft(raw, `"'`))
	if places == nil || !strings.HasPrefix(strings.TrimLeft(raw, `"'`), whole) || at+len(whole) > w.End || !ended(r.source[at+len(whole):w.End]) ||
		places[at+len(whole)-1]-places[at] != len(whole)-1 {
		return stays(" is put together in a way that is not changed")
	}
	return edit{places[at], places[at] + len(begin), to}, nil
}

// secretIn tells whether a URL holds a secret: by its query, by the name of a
// variable in it, or from a mount.
func (r *run) secretIn(w shell.Word) bool {
	if w.Text != rules.Mask(w.Text) {
		return true
	}
	raw := w.Text
	if w.End > 0 && w.End <= len(r.source) {
		raw = r.source[w.Start:w.End]
	}
	return secretVariable(raw) || slices.ContainsFunc(variablesIn(raw), r.mountsEnv)
}

// secretVariable tells whether a text may read a secret: from a variable with the
// name of one, or from a file.
func secretVariable(raw string) bool {
	if strings.Contains(raw, "$(") || strings.Contains(raw, "`") {
		if slices.ContainsFunc([]string{"cat ", "<", "secret", "token", "password"}, func(s string) bool { return strings.Contains(strings.ToLower(raw), s) }) {
			return true
		}
	}
	return strings.Contains(raw, "/run/secrets") || slices.ContainsFunc(variablesIn(raw), func(name string) bool { return secretNamed(name + "=x") })
}

// variablesIn lists the names behind a $ in a text.
func variablesIn(raw string) []string {
	var names []string
	for _, part := range strings.Split(raw, "$")[1:] {
		part = strings.TrimPrefix(part, "{")
		end := strings.IndexFunc(part, func(c rune) bool { return !isVariablePart(c) })
		if end < 0 {
			end = len(part)
		}
		names = append(names, part[:end])
	}
	return names
}

// dotted tells whether a URL's path goes up or stays.
func dotted(url string) bool {
	return strings.Contains(url+"/", "/../") || strings.Contains(url+"/", "/./")
}

// private tells whether a host is one of the own network: by its name, or its
// address. Where it is not sure it is.
func private(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsPrivate() || ip.IsLinkLocalUnicast()
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == host || slices.Contains([]string{"internal", "local", "lan", "localdomain", "home", "corp", "intranet"}, last)
}

// ended tells whether a URL's host ends where a text begins.
func ended(rest string) bool { return rest == "" || strings.ContainsRune(`/?#"'`, rune(rest[0])) }

// insertArguments puts the rule's words behind the program's name.
func (r *run) insertArguments(m *call, v *verdict) {
	program := m.command.Words[0]
	places := r.places()
	if program.End == 0 || places == nil || !isWrittenAs(r.source[program.Start:program.End], program.Text) {
		v.status = Unsupported
		v.reason = program.Text + " stands where no word can be put behind it (the exec form, or a script within the script)"
		v.fix = "write the command in the RUN itself, in the shell form"
		return
	}
	v.changeable, v.both = true, m.rule.On
	if words := m.rule.Arguments[m.name]; words != "" {
		at := places[program.End-1] + 1
		v.edits = append(v.edits, edit{at, at, " " + words})
	}
}

// isWrittenAs tells whether a piece of a script is a word that comes out as the
// text: its last element, at least, or a variable.
func isWrittenAs(raw, text string) bool {
	raw = strings.Trim(raw, `"'`)
	return raw == text || strings.HasSuffix(raw, "/"+lastElement(text)) || strings.HasPrefix(raw, "$") && !strings.ContainsAny(raw, " \t\n`(")
}

// places gives for each byte of the RUN's script where it stands in the file, or
// nil where that cannot be told. A byte of a joint that stands nowhere has a
// negative place.
func (r *run) places() []int {
	if !r.placed {
		r.placed = true
		r.placesOf = r.findPlaces()
	}
	return r.placesOf
}

func (r *run) findPlaces() []int {
	if tooLong(r.file, r.Instruction) {
		return nil
	}
	if r.Keyword != "run" || r.Node.Attributes["json"] || r.Node.Next == nil || r.Open {
		return nil
	}
	text := r.file.Text(r.Instruction)
	first, rest := r.source, ""
	if len(r.Node.Heredocs) > 0 {
		first, rest = "", r.source
		if line := r.Node.Next.Value; strings.HasPrefix(r.source, line+"\n") {
			first, rest = line, r.source[len(line):]
		}
	}
	places := make([]int, 0, len(r.source))
	if first != "" {
		line := strings.TrimRight(string(text.Line), " \t\r\n")
		if !strings.HasSuffix(line, first) {
			return nil
		}
		begin := len(line) - len(first)
		places = append(places, text.Offsets[begin:len(line)]...)
	}
	if rest == "" {
		return places
	}
	return r.heredocPlaces(places, rest, text.Below, first != "")
}

// heredocPlaces goes on with the lines of heredocs, which stand in the file as
// they are, but for tabs before them.
func (r *run) heredocPlaces(places []int, rest string, below int, joined bool) []int {
	if joined {
		places, rest = append(places, -1), rest[1:] // the line's end
	}
	for line := range strings.Lines(rest) {
		raw := string(r.file.Source[below:r.End])
		if i := strings.IndexByte(raw, '\n'); i >= 0 {
			raw = raw[:i+1]
		}
		stripped := strings.TrimLeft(raw, "\t")
		switch {
		case strings.HasPrefix(raw, line) || strings.TrimRight(raw, "\r\n") == strings.TrimRight(line, "\n"):
			stripped = raw
		case !strings.HasPrefix(stripped, strings.TrimRight(line, "\n")):
			return nil
		}
		begin := below + len(raw) - len(stripped)
		for i := range len(line) {
			places = append(places, begin+i)
		}
		below += len(raw)
	}
	return places
}
