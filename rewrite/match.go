package rewrite

import (
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// A call is a command that matches a rule.
type call struct {
	*program
	command    shell.Command
	pattern    pattern
	options    []option
	args       []shell.Word // those behind the pattern's words
	urls       []shell.Word // that it names, as far as they are http or https ones
	hosts      []string     // of what it names
	unresolved string       // the word that cannot be resolved, where that matters
	foreign    string       // what it names that no mirror of the rule serves
}

// match tells whether a program's command is one that downloads.
func (p *program) match(c shell.Command) (*call, bool) {
	options, args := p.parse(c.Words[1:])
	if len(args) > 0 && len(args[0].Text) > 2 && strings.HasPrefix(args[0].Text, "_") && strings.HasSuffix(args[0].Text, "_") {
		args = args[1:] // RubyGems' version of a program: bundle _2.4.22_ install
	}
	m := call{program: p, command: c, options: options}
	var possible *call
	for _, pat := range p.patterns {
		m.pattern, m.args, m.urls, m.hosts, m.unresolved, m.foreign = pat, nil, nil, nil, "", ""
		ok, sure := m.matches(pat, args)
		if ok && m.isOffline() {
			return nil, false
		}
		if ok && sure {
			sureOne := m
			return &sureOne, true
		}
		if ok && possible == nil {
			first := m
			possible = &first
		}
	}
	return possible, possible != nil
}

// isOffline tells whether an option keeps the command from downloading. What
// follows a package may be for that: npm exec downloads it all the same.
func (m *call) isOffline() bool {
	for _, o := range m.options {
		if (m.pattern.any() || m.pattern.followed) && o.at > len(m.pattern.words) {
			continue
		}
		for name := range m.offline {
			name, value, valued := strings.Cut(name, "=")
			if o.has(name) && o.value.Text != "false" && (!valued || o.value.Text == value) {
				return true
			}
		}
	}
	return false
}

// matches compares the arguments with a pattern. It is not sure where a word
// that decides cannot be resolved.
func (m *call) matches(pat pattern, args []shell.Word) (ok, sure bool) {
	for i, word := range pat.words {
		if word == "…" {
			return m.anywhere(pat.words[i+1:], args), true
		}
		if len(args) == 0 {
			return false, false
		}
		if args[0].Holes {
			m.unresolved = args[0].Text
			return true, false
		}
		if !isWord(word, args[0].Text) {
			return false, false
		}
		args = args[1:]
	}
	if m.args = args; pat.followed && len(args) > 1 {
		m.args = args[:1]
	}
	switch {
	case pat.argument == "URL":
		return m.urlsIn(m.args)
	case pat.argument == "REPOSITORY" || pat.argument == "REMOTE":
		return m.repository(m.args)
	case pat.argument == "GIT" || pat.argument == "GITHUB":
		return m.requirements(pat.argument == "GITHUB")
	case pat.argument != "":
		return len(args) > 0, true
	case len(pat.words) == 0 && len(args) > 0:
		m.unresolved = args[0].Text
		return args[0].Holes, false
	}
	return true, true
}

// isWord tells whether an argument is the word of a pattern.
func isWord(word, arg string) bool {
	if begin, ok := strings.CutSuffix(word, "…"); ok {
		// git's keys are read so in any case, others are not; to see too much of
		// them does no harm.
		return len(arg) >= len(begin) && strings.EqualFold(arg[:len(begin)], begin)
	}
	if end, ok := strings.CutPrefix(word, "…"); ok {
		return strings.HasSuffix(arg, end)
	}
	return arg == word || strings.HasSuffix(word, "=") && strings.HasPrefix(arg, word)
}

// anywhere tells whether the words stand among the arguments, in order.
func (m *call) anywhere(words []string, args []shell.Word) bool {
	for _, a := range args {
		if len(words) > 0 && !a.Holes && isWord(words[0], a.Text) {
			words = words[1:]
		}
	}
	return len(words) == 0
}

// urlsIn looks for a URL among the arguments that is not this machine's.
func (m *call) urlsIn(args []shell.Word) (ok, sure bool) {
	args = slices.Clone(args)
	for _, o := range m.options {
		if o.name == "--url" && o.given {
			args = append(args, o.value)
		}
	}
	for _, a := range args {
		host, known := urlHost(a)
		switch {
		case !known:
			m.unresolved = a.Text
		case host != "" && !rules.Loopback(host):
			m.urls, m.hosts = append(m.urls, a), append(m.hosts, host)
		}
	}
	for _, o := range m.options {
		if m.lists[o.name] && len(m.hosts) == 0 {
			m.unresolved = "what " + o.name + " " + o.value.Text + " lists"
		}
	}
	if len(m.hosts) > 0 {
		m.unresolved = ""
		return true, true
	}
	return m.unresolved != "", false
}

// urlHost gives the host of an http or https URL, "" for what is none. A word
// without a scheme is an http URL for curl and wget. It is not known where the
// word cannot be resolved before the host's end.
func urlHost(w shell.Word) (host string, known bool) {
	text := w.Text
	if scheme, rest, found := strings.Cut(text, "://"); found {
		if strings.Contains(scheme, "$") {
			return "", false
		}
		if s := strings.ToLower(scheme); s != "http" && s != "https" {
			return "", true
		}
		text = rest
	} else if w.Holes && strings.HasPrefix(text, "$") {
		return "", false
	}
	host = beforePath(text)
	host = host[strings.LastIndexByte(host, '@')+1:]
	if w.Holes && strings.Contains(host, "$") {
		// A host that is known only in part is none of this machine's names.
		if i := strings.LastIndexByte(host, '$'); !strings.Contains(host[i:], ".") {
			return "", false
		}
	}
	return hostIn(host), true
}

// hostIn gives the host of a URL's authority, without user, port and brackets.
func hostIn(authority string) string {
	host := authority[strings.LastIndexByte(authority, '@')+1:]
	if strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host[1:], "]")
		return host
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host)
}

// could tells whether a command with an unresolved program could be one of a
// pattern's: of one with a subcommand or a URL, not any command that there is.
func (all *programs) could(c shell.Command) bool {
	for i := 1; i < len(c.Words); i++ {
		// What cannot be resolved may run the rest.
		rest := shell.Command{Words: c.Words[i:]}
		for _, p := range all.find(rest.Words[0].Text) {
			if _, ok := p.match(rest); ok {
				return true
			}
		}
	}
	for _, name := range all.names {
		for _, p := range all.named(name) {
			for _, pat := range p.patterns {
				if len(pat.words) == 0 && pat.argument != "URL" {
					continue
				}
				m := &call{program: p, command: c, pattern: pat}
				var args []shell.Word
				m.options, args = p.parse(c.Words[1:])
				if ok, sure := m.matches(pat, args); ok && (sure || len(args) > 0 && args[0].Holes) {
					return true
				}
			}
		}
	}
	return false
}
