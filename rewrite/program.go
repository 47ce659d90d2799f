package rewrite

import (
	"cmp"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/tplproxy/tplproxy/rules"
)

// A program is what one rule knows of one program.
type program struct {
	rule     *rules.Resolved
	name     string
	patterns []pattern
	*facts
	flags       map[string]bool // those of them that name a place to download from
	offline     map[string]bool
	offlineVars []string
	variables   []string          // an author's own value of one of them wins
	env, files  []string          // what the program needs of what the rule sets
	under       []*rules.Resolved // rules whose programs the commands run
	with        []*resource       // what other rules set that go along
	bundled     bool              // whether its words behind one hyphen are letters, however many
	long        []longOption      // where they may be shortened, by name
	scripts     []string          // the commands that the rule's scripts are for
	argument    bool              // whether words are put behind the program's name
	keeping     []named           // options with which its URLs must stay
	ignoring    []named           // by option, or by option=value
	configured  []configured
	deciding    []named // files of the author's that decide for the program
	images      []named // images that have another program of that name
	upstreams   []named // hosts by image
	upstream    []string
	notes       map[string]string // by option; "" is the program's own
	besides     []string          // the hosts that it asks besides
}

// A pattern is a command of a rule: the words behind the program.
type pattern struct {
	words       []string
	argument    string         // "URL", another word in capitals, or ""
	followed    bool           // whether that is run with all that follows
	unsupported rules.Deciding // the reason why nothing reaches it
}

// any tells whether the argument is whatever is there.
func (p pattern) any() bool {
	return p.argument != "" && !slices.Contains([]string{"URL", "REPOSITORY", "REMOTE", "GIT", "GITHUB"}, p.argument)
}

// A longOption is an option that may be shortened, and how much it matters: 3 of a
// secret, 2 of what decides, 1 of the rest.
type longOption struct {
	name string
	rank int
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

// Facts are what holds of a program's options, whichever rule says it.
type facts struct {
	valued  map[string]bool // they take the next word as their value
	secrets map[string]bool // no report shows their value
	lists   map[string]bool // their value is what to download, or lists it

	shortened bool     // whether long ones may be
	whole     []string // further ones that are not shortened others
}

func newFacts(name string, all []*rules.Rule) *facts {
	f := &facts{valued: map[string]bool{}, secrets: map[string]bool{}, lists: map[string]bool{}}
	for _, r := range all {
		if !r.Knows(name) {
			continue
		}
		for _, o := range own(name, slices.Concat(r.Options, r.Flags, r.Secrets, r.Lists)) {
			f.valued[o] = true
		}
		for _, o := range own(name, r.Secrets) {
			f.secrets[o] = true
		}
		for _, o := range own(name, r.Lists) {
			f.lists[o] = true
		}
		for _, e := range r.Shortened {
			if rules.Begins(e, name) {
				f.shortened, f.whole = true, append(f.whole, strings.Fields(e)[1:]...)
			}
		}
	}
	return f
}

// programs are what the rules know of programs.
type programs struct {
	byName map[string]*known
	names  []string // sorted
	rules  []*rules.Resolved
	all    []*rules.Rule // those that are left out, too

	variables map[*rules.Resolved]map[string]*resource // that the rules set, by name
}

// What is known of a name is put together when it is first asked for: a file has
// few of them.
type known struct {
	once     sync.Once
	outlines []outline
	programs []*program // one for each rule that knows the name
}

// An outline is what a rule says of a program's commands.
type outline struct {
	rule       *rules.Resolved
	patterns   []pattern
	configured []configured
}

// index lists what the rules know, by the programs' names.
func index(list []*rules.Resolved, others []*rules.Rule) *programs {
	all := map[string]*known{}
	for _, r := range list {
		of := map[string]*outline{}
		at := func(name string) *outline {
			if of[name] == nil {
				of[name] = &outline{rule: r}
			}
			return of[name]
		}
		for _, c := range r.Commands {
			for _, words := range alternatives(c) {
				o := at(words[0])
				o.patterns = append(o.patterns, newPattern(words[1:], rules.Deciding{}))
			}
		}
		for _, c := range slices.Sorted(maps.Keys(r.Unsupported)) {
			for _, words := range alternatives(c) {
				o := at(words[0])
				o.patterns = append(o.patterns, newPattern(words[1:], r.Unsupported[c]))
			}
		}
		for _, c := range slices.Sorted(maps.Keys(r.Configured)) {
			for _, words := range alternatives(c) {
				if o := of[words[0]]; o != nil {
					o.configured = append(o.configured, configured{newPattern(words[1:], rules.Deciding{}), r.Configured[c]})
				}
			}
		}
		for name, o := range of {
			if all[name] == nil {
				all[name] = &known{}
			}
			all[name].outlines = append(all[name].outlines, *o)
		}
	}
	p := &programs{all, slices.Sorted(maps.Keys(all)), list, others, map[*rules.Resolved]map[string]*resource{}}
	for _, r := range list {
		p.variables[r] = variables(r)
	}
	return p
}

// named gives what the rules know of a name, in their order.
func (all *programs) named(name string) []*program {
	k := all.byName[name]
	if k == nil {
		return nil
	}
	k.once.Do(func() {
		known := newFacts(name, all.all)
		for _, o := range k.outlines {
			p := newProgram(o.rule, name, known)
			p.with = all.companions(o.rule)
			for _, other := range all.rules {
				if slices.Contains(o.rule.Runs, other.Name) {
					p.under = append(p.under, other)
				}
			}
			p.patterns, p.configured = o.patterns, o.configured
			// What is said in more words comes first.
			slices.SortStableFunc(p.patterns, func(a, b pattern) int { return cmp.Compare(len(b.words), len(a.words)) })
			k.programs = append(k.programs, p)
		}
	})
	return k.programs
}

// companions lists the variables that go along with a rule's: of the rules that
// it names, where they are in force.
func (all *programs) companions(r *rules.Resolved) []*resource {
	var list []*resource
	for _, other := range all.rules {
		if other.On && slices.Contains(r.With, other.Name) {
			for _, name := range slices.Sorted(maps.Keys(all.variables[other])) {
				list = append(list, all.variables[other][name])
			}
		}
	}
	return list
}

// alternatives lists the commands that one with a|b in it stands for.
func alternatives(command string) [][]string {
	list := [][]string{nil}
	for word := range strings.FieldsSeq(command) {
		if !strings.Contains(word, "|") {
			for i := range list {
				list[i] = append(list[i], word)
			}
			continue
		}
		var longer [][]string
		for _, begun := range list {
			for choice := range strings.SplitSeq(word, "|") {
				longer = append(longer, append(slices.Clone(begun), choice))
			}
		}
		list = longer
	}
	return list
}

func newPattern(words []string, unsupported rules.Deciding) pattern {
	capitals := func(word string) bool { return word != "…" && word == strings.ToUpper(word) }
	p := pattern{words: words, unsupported: unsupported}
	n := len(words)
	if n > 1 && words[n-1] == "…" && capitals(words[n-2]) {
		n, p.followed = n-1, true
	}
	if n > 0 && capitals(words[n-1]) {
		p.words, p.argument = words[:n-1], words[n-1]
	}
	return p
}

func newProgram(r *rules.Resolved, name string, known *facts) *program {
	p := &program{rule: r, name: name, facts: known, flags: map[string]bool{}, offline: map[string]bool{}, notes: map[string]string{}}
	for _, o := range p.own(r.Flags) {
		p.flags[o] = true
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
	p.bundled = slices.Contains(r.Bundled, name)
	for _, c := range r.Scripts.Commands {
		for _, words := range alternatives(c) {
			p.scripts = append(p.scripts, strings.Join(words, " "))
		}
	}
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
	p.ignoring, p.keeping = p.reasons(r.Ignoring), p.reasons(r.Keeping)
	if known.shortened {
		p.long = p.longOptions()
	}
	for programs := range r.Rule.Arguments {
		p.argument = p.argument || slices.Contains(strings.Split(programs, "|"), name)
	}
	p.deciding, p.images = p.concerning(r.Deciding), p.concerning(r.Images)
	for _, host := range slices.Sorted(maps.Keys(r.Besides)) {
		if programs := r.Besides[host].Programs; len(programs) == 0 || slices.Contains(programs, name) {
			p.besides = append(p.besides, host)
		}
	}
	for _, image := range slices.Sorted(maps.Keys(r.Hosts)) {
		p.upstreams = append(p.upstreams, named{image, rules.Deciding{Reason: r.Hosts[image]}})
	}
	if u, err := url.Parse(r.Upstream); err == nil && u.Host != "" {
		p.upstream = []string{u.Host}
	}
	return p
}

// longOptions lists the long options that are known.
func (p *program) longOptions() []longOption {
	all := map[string]int{}
	add := func(o string, rank int) {
		if o, _, _ = strings.Cut(o, "="); strings.HasPrefix(o, "--") {
			all[o] = max(all[o], rank)
		}
	}
	for _, o := range p.whole {
		add(o, 1)
	}
	for _, names := range []map[string]bool{p.valued, p.offline} {
		for o := range names {
			add(o, 1)
		}
	}
	for o := range p.flags {
		add(o, 2)
	}
	for _, o := range slices.Concat(p.ignoring, p.keeping) {
		add(o.name, 2)
	}
	for o := range p.secrets {
		add(o, 3)
	}
	list := make([]longOption, 0, len(all))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		list = append(list, longOption{name, all[name]})
	}
	return list
}

// reasons lists the options of a mapping that are the program's.
func (p *program) reasons(all map[string][]string) []named {
	var list []named
	for _, reason := range slices.Sorted(maps.Keys(all)) {
		for _, o := range p.own(all[reason]) {
			list = append(list, named{o, rules.Deciding{Reason: reason}})
		}
	}
	return list
}

// own lists the options and variables that are a program's: "-o --output" is every
// program's, "curl -o" is curl's alone, "curl|wget -o" is theirs.
func own(name string, entries []string) []string {
	var list []string
	for _, e := range entries {
		words := strings.Fields(e)
		if len(words) > 1 && words[0][0] != '-' {
			if !rules.Begins(words[0], name) {
				continue
			}
			words = words[1:]
		}
		list = append(list, words...)
	}
	return list
}

func (p *program) own(entries []string) []string { return own(p.name, entries) }

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
func (all *programs) find(name string) []*program {
	name = path.Base(name)
	for _, ext := range []string{".exe", ".cmd", ".bat"} {
		name = strings.TrimSuffix(name, ext)
	}
	if found := all.named(name); found != nil {
		return found
	}
	if plain := strings.TrimRight(name, "0123456789.-"); plain != name {
		return all.named(plain)
	}
	return nil
}
