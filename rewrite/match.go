package rewrite

import (
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// A program is what one rule knows of one program.
type program struct {
	rule        *rules.Resolved
	name        string
	patterns    []pattern
	valued      map[string]bool // options that take the next word as their value
	flags       map[string]bool // those of them that name a place to download from
	offline     map[string]bool
	offlineVars []string
	variables   []string // an author's own value of one of them wins
	env, files  []string // what the program needs of what the rule sets
	ignoring    []named  // by option, or by option=value
	configured  []configured
	deciding    []named // files of the author's that decide for the program
	images      []named // images that have another program of that name
	upstreams   []named // hosts by image
	upstream    []string
	notes       map[string]string // by option; "" is the program's own
}

// A pattern is a command of a rule: the words behind the program.
type pattern struct {
	words       []string
	argument    string         // "URL", another word in capitals, or ""
	unsupported rules.Deciding // the reason why nothing reaches it
}

// A named thing is an entry of a rule's mapping.
type named struct {
	name string
	rules.Deciding
}

// A configured command is one with which the author configures the tool.
type configured struct {
	pattern
	rules.Deciding
}

// index lists the programs of all rules by name.
func index(list []*rules.Resolved) map[string][]*program {
	programs := map[string][]*program{}
	for _, r := range list {
		of := map[string]*program{}
		add := func(command string, unsupported rules.Deciding) {
			words := strings.Fields(command)
			p := of[words[0]]
			if p == nil {
				p = newProgram(r, words[0])
				of[words[0]] = p
				programs[words[0]] = append(programs[words[0]], p)
			}
			p.patterns = append(p.patterns, newPattern(words[1:], unsupported))
		}
		for _, c := range r.Commands {
			add(c, rules.Deciding{})
		}
		for _, c := range slices.Sorted(maps.Keys(r.Unsupported)) {
			add(c, r.Unsupported[c])
		}
		for _, c := range slices.Sorted(maps.Keys(r.Configured)) {
			words := strings.Fields(c)
			if p := of[words[0]]; p != nil {
				p.configured = append(p.configured, configured{newPattern(words[1:], rules.Deciding{}), r.Configured[c]})
			}
		}
	}
	return programs
}

func newPattern(words []string, unsupported rules.Deciding) pattern {
	p := pattern{words: words, unsupported: unsupported}
	if n := len(words); n > 0 && words[n-1] == strings.ToUpper(words[n-1]) {
		p.words, p.argument = words[:n-1], words[n-1]
	}
	return p
}

func newProgram(r *rules.Resolved, name string) *program {
	p := &program{rule: r, name: name, valued: map[string]bool{}, flags: map[string]bool{}, offline: map[string]bool{}, notes: map[string]string{}}
	for _, o := range p.own(r.Options) {
		p.valued[o] = true
	}
	for _, o := range p.own(r.Flags) {
		p.valued[o], p.flags[o] = true, true
	}
	for _, o := range p.own(r.Offline) {
		if strings.HasPrefix(o, "-") {
			p.offline[o] = true
		} else {
			p.offlineVars = append(p.offlineVars, o)
		}
	}
	p.variables = p.own(r.Variables)
	needed := func(programs []string) bool { return len(programs) == 0 || slices.Contains(programs, name) }
	for _, v := range slices.Sorted(maps.Keys(r.Rule.Env)) {
		if needed(r.Rule.Env[v].Programs) {
			p.env = append(p.env, v)
		}
	}
	for _, file := range slices.Sorted(maps.Keys(r.Rule.Files)) {
		if needed(r.Rule.Files[file].Programs) {
			p.files = append(p.files, file)
		}
	}
	for _, e := range slices.Sorted(maps.Keys(r.Notes)) {
		if e == name {
			p.notes[""] = r.Notes[e]
			continue
		}
		for _, o := range p.own([]string{e}) {
			p.notes[o] = r.Notes[e]
		}
	}
	for _, e := range slices.Sorted(maps.Keys(r.Ignoring)) {
		for _, o := range p.own([]string{e}) {
			p.ignoring = append(p.ignoring, named{o, rules.Deciding{Reason: r.Ignoring[e]}})
		}
	}
	p.deciding, p.images = p.concerning(r.Deciding), p.concerning(r.Images)
	for _, image := range slices.Sorted(maps.Keys(r.Hosts)) {
		p.upstreams = append(p.upstreams, named{image, rules.Deciding{Reason: r.Hosts[image]}})
	}
	if u, err := url.Parse(r.Upstream); err == nil && u.Host != "" {
		p.upstream = []string{u.Host}
	}
	return p
}

// own lists the options and variables that are the program's: "-o --output" is
// every program's, "curl -o" is curl's alone.
func (p *program) own(entries []string) []string {
	var list []string
	for _, e := range entries {
		words := strings.Fields(e)
		if len(words) > 1 && words[0][0] != '-' {
			if words[0] != p.name {
				continue
			}
			words = words[1:]
		}
		list = append(list, words...)
	}
	return list
}

// concerning lists the entries that are about the program, by name.
func (p *program) concerning(all map[string]rules.Deciding) []named {
	var list []named
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if d := all[name]; p.concerns(d) {
			list = append(list, named{name, d})
		}
	}
	return list
}

// find gives what the rules know of a program: by its name, or by its name
// without a version at the end (pip3.12).
func find(programs map[string][]*program, name string) []*program {
	name = path.Base(name)
	for _, ext := range []string{".exe", ".cmd", ".bat"} {
		name = strings.TrimSuffix(name, ext)
	}
	if found := programs[name]; found != nil {
		return found
	}
	if plain := strings.TrimRight(name, "0123456789.-"); plain != name {
		return programs[plain]
	}
	return nil
}

// An option is one option of a command, its value beside it.
type option struct {
	name  string
	value shell.Word
	given bool // whether there is a value
	at    int  // how many arguments stand before it
}

// parse sorts a command's words into options and arguments.
func (p *program) parse(words []shell.Word) (options []option, args []shell.Word) {
	args = make([]shell.Word, 0, len(words))
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w.Text == "--":
			return options, append(args, words[i+1:]...)
		case len(w.Text) < 2 || w.Text[0] != '-':
			args = append(args, w)
			continue
		}
		o := p.option(w)
		if !o.given && p.valued[o.name] && i+1 < len(words) {
			i++
			o.value, o.given = words[i], true
		}
		o.at = len(args)
		options = append(options, o)
	}
	return options, args
}

// option reads one word: -o, -oVALUE, -abco, --long, --long=VALUE.
func (p *program) option(w shell.Word) option {
	name, value, given := strings.Cut(w.Text, "=")
	if strings.HasPrefix(w.Text, "--") || given && p.valued[name] || p.valued[w.Text] {
		o := option{name: name, given: given}
		if given {
			o.value = shell.Word{Text: value, Holes: w.Holes, Variable: w.Variable, Prefix: strings.TrimPrefix(w.Prefix, name+"=")}
		}
		return o
	}
	// A bundle of short ones; the first that takes a value takes the rest.
	for i := 1; i < len(w.Text); i++ {
		short := "-" + w.Text[i:i+1]
		if !p.valued[short] {
			continue
		}
		o := option{name: short}
		if rest := w.Text[i+1:]; rest != "" {
			o.given = true
			o.value = shell.Word{Text: rest, Holes: w.Holes, Variable: w.Variable, Prefix: strings.TrimPrefix(w.Prefix, w.Text[:i+1])}
		}
		return o
	}
	return option{name: w.Text}
}

// has tells whether a bundle of short options, or an option, is the named one.
func (o option) has(name string) bool {
	if o.name == name {
		return true
	}
	return len(name) == 2 && len(o.name) > 2 && o.name[1] != '-' && !o.given && strings.Contains(o.name[1:], name[1:])
}

// A call is a command that matches a rule.
type call struct {
	*program
	command    shell.Command
	pattern    pattern
	options    []option
	hosts      []string // of the URLs that it names
	unresolved string   // the word that cannot be resolved, where that matters
}

// match tells whether a program's command is one that downloads.
func (p *program) match(c shell.Command) (*call, bool) {
	options, args := p.parse(c.Words[1:])
	m := call{program: p, command: c, options: options}
	var possible *call
	for _, pat := range p.patterns {
		m.pattern, m.hosts, m.unresolved = pat, nil, ""
		ok, sure := m.matches(pat, args)
		if ok && m.isOffline() {
			return nil, false
		}
		if ok && sure {
			return &m, true
		}
		if ok && possible == nil {
			first := m
			possible = &first
		}
	}
	return possible, possible != nil
}

// isOffline tells whether an option keeps the command from downloading. What
// follows the package of an npx is that package's option.
func (m *call) isOffline() bool {
	for _, o := range m.options {
		if m.pattern.argument != "" && m.pattern.argument != "URL" && o.at > len(m.pattern.words) {
			continue
		}
		for name := range m.offline {
			if o.has(name) && o.value.Text != "false" {
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
		if i >= len(args) {
			return false, false
		}
		if args[i].Holes {
			m.unresolved = args[i].Text
			return true, false
		}
		if args[i].Text != word && !(strings.HasSuffix(word, "=") && strings.HasPrefix(args[i].Text, word)) {
			return false, false
		}
	}
	rest := args[len(pat.words):]
	switch {
	case pat.argument == "URL":
		return m.urls(rest)
	case pat.argument != "":
		return len(rest) > 0, true
	case len(pat.words) == 0 && len(rest) > 0:
		m.unresolved = rest[0].Text
		return rest[0].Holes, false
	}
	return true, true
}

// urls looks for a URL among the arguments that is not this machine's.
func (m *call) urls(args []shell.Word) (ok, sure bool) {
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
			m.hosts = append(m.hosts, host)
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
	host = text
	if i := strings.IndexAny(host, "/?#"); i >= 0 {
		host = host[:i]
	}
	if i := strings.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	if w.Holes && strings.Contains(host, "$") {
		// A host that is known only in part is none of this machine's names.
		if i := strings.LastIndexByte(host, '$'); !strings.Contains(host[i:], ".") {
			return "", false
		}
	}
	if strings.HasPrefix(host, "[") {
		host, _, _ = strings.Cut(host[1:], "]")
		return host, true
	}
	host, _, _ = strings.Cut(host, ":")
	return strings.ToLower(host), true
}

// could lists the programs whose patterns a command with an unresolved program
// could be: only those with a subcommand or a URL, not every command there is.
func could(programs map[string][]*program, c shell.Command) bool {
	for _, list := range programs {
		for _, p := range list {
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
