// Package rules holds what a download looks like, and what its command needs
// to go through a proxy.
//
// A [Rule] is data: one YAML file, the built-in ones embedded, a user's own
// read with [Load]. [Set.Resolve] renders the rules with the user's
// [Settings]; a rule whose setting is there is in force.
package rules

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/filters"
)

// A Rule is one kind of download. Parse and Load make one, and check it.
type Rule struct {
	Name    string `yaml:"name"`
	About   string `yaml:"about"`
	Setting string `yaml:"setting"` // the setting that turns the rule on: an http or https URL

	// Upstream is the URL that the setting stands in for. A setting equal to
	// it, but for a slash at the end, leaves the rule off.
	Upstream string `yaml:"upstream"`

	// Aliases are other URLs of the same upstream: an author who names one of
	// them asks for nothing else.
	Aliases []string `yaml:"aliases"`

	// Hosts are the upstream's host by base image, where the image decides:
	// the key is a part of the image's name.
	Hosts map[string]string `yaml:"hosts"`

	// Defaults are further settings of the templates. Such a setting is a URL
	// or its default.
	Defaults map[string]string `yaml:"defaults"`

	// Commands are the commands that download, each as its words. A last word
	// in capitals stands for an argument: URL for an http or https one that is
	// not this machine's, any other for whatever is there. A program alone
	// matches without arguments only. A word a|b is either.
	Commands []string `yaml:"commands"`

	// Unsupported are commands that download what the rule is about and that
	// nothing in it reaches, or that would leave something of the proxy in the
	// image.
	Unsupported map[string]Deciding `yaml:"unsupported"`

	// Options are the options that take the next word as their value.
	Options []string `yaml:"options"`

	// Flags are the options that win over the environment: their value says
	// where to download from.
	Flags []string `yaml:"flags"`

	// Secrets are the options whose value no report shows.
	Secrets []string `yaml:"secrets"`

	// Lists are the options whose value is a file of URLs.
	Lists []string `yaml:"lists"`

	// Ignoring are the options that make the command ignore what the rule
	// sets, or go elsewhere, each with the reason.
	Ignoring map[string]string `yaml:"ignoring"`

	// Offline are the options, and the variables set to something, with which
	// the command downloads nothing.
	Offline []string `yaml:"offline"`

	// Variables are those that win over, or are, what the rule sets: an
	// author's own value of one of them is left alone. In this list and the
	// six before it an entry may be several words, and "curl -q" is for curl
	// alone.
	Variables []string `yaml:"variables"`

	// Deciding are names of files that may say where to download from, such
	// as lock files and the tool's own configuration: where the stage copies,
	// the RUN mounts, or a RUN's text names one, the author's word stands.
	Deciding map[string]Deciding `yaml:"deciding"`

	// Configured are commands with which the author configures the tool: from
	// then on, in the stage and those built on it, the author's word stands.
	// A last word that ends in = matches what begins with it.
	Configured map[string]Deciding `yaml:"configured"`

	// Notes are what to know about a download all the same, by program or
	// option.
	Notes map[string]string `yaml:"notes"`

	// Images are base images, by a part of their name, whose programs are
	// other ones that read nothing of what the rule sets.
	Images map[string]Deciding `yaml:"images"`

	Env   map[string]Env  `yaml:"env"`
	Files map[string]File `yaml:"files"` // by absolute path

	source string // the file it was read from, for errors
}

// Deciding is why a file, an image or a command decides, and for which programs;
// without any, for all of the rule's.
type Deciding struct {
	Programs []string `yaml:"programs"`
	Unless   []string `yaml:"unless"` // options, and other files, with which it does not decide
	Reason   string   `yaml:"reason"`

	// Later tells of a file that decides even where it is named only further
	// down: an empty variable hides it as well.
	Later bool `yaml:"later"`
}

// An Env is a variable that a command needs. Where nothing had set it, it is
// there afterwards all the same: empty, which the tool must take as unset, or
// with the neutral value. A value that renders to nothing is not set at all.
type Env struct {
	Value    Text
	Programs []string // those that need it; without any, all of the rule's
	Append   bool     // an earlier value stays behind ours, with a blank between
	Neutral  string   // says what no value says, for a tool that stops on an empty one
}

// A File is a file that a command needs. Where its directory is missing, so is
// the program that reads it, and it is not written; create says otherwise. A
// directory with tplproxy in its name is always made.
type File struct {
	Content Text
	Create  bool // whether its directory is to be made where it is missing

	// Privileged tells that the programs work for root only, so that whoever
	// builds can write the file, too.
	Privileged bool
	Programs   []string // those that need it; without any, all of the rule's
}

// Text is a template in a rule file.
type Text struct {
	template *filters.Template
	text     string
	line     int // of its first character, in the rule file
	column   int
}

func (t Text) String() string { return t.text }

// A Set is rules by name. The zero Set is empty.
type Set struct {
	rules map[string]*Rule
}

// Rules lists the rules by name.
func (s *Set) Rules() []*Rule {
	return slices.SortedFunc(maps.Values(s.rules), func(a, b *Rule) int { return cmp.Compare(a.Name, b.Name) })
}

// Rule gives the rule of that name, or nil.
func (s *Set) Rule(name string) *Rule { return s.rules[name] }

// Add adds rules, each in place of one of the same name.
func (s *Set) Add(list ...*Rule) {
	if s.rules == nil {
		s.rules = map[string]*Rule{}
	}
	for _, r := range list {
		s.rules[r.Name] = r
	}
}

// Select keeps the rules named in only, where there are any, and drops those in
// skip. The error names a rule that is not there, and the nearest that is.
func (s *Set) Select(only, skip []string) error {
	for _, name := range slices.Concat(only, skip) {
		if s.rules[name] == nil {
			return Unknown("rule", name, slices.Sorted(maps.Keys(s.rules)))
		}
	}
	for name := range s.rules {
		if len(only) > 0 && !slices.Contains(only, name) || slices.Contains(skip, name) {
			delete(s.rules, name)
		}
	}
	return nil
}

// Settings lists the names of the settings that the rules know, sorted.
func (s *Set) Settings() []string {
	var names []string
	for _, r := range s.rules {
		names = append(names, r.Setting)
		names = slices.AppendSeq(names, maps.Keys(r.Defaults))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Default is a setting's value where nobody gives one.
func (s *Set) Default(setting string) string {
	for _, r := range s.Rules() {
		if d := r.Defaults[setting]; d != "" {
			return d
		}
	}
	return ""
}

// SameURL tells whether two URLs are the same but for slashes at the end.
func SameURL(a, b string) bool {
	return strings.TrimRight(a, "/") == strings.TrimRight(b, "/")
}

// Upstreamed tells whether a URL is the rule's upstream.
func (r *Rule) Upstreamed(url string) bool {
	return r.Upstream != "" && SameURL(url, r.Upstream) ||
		slices.ContainsFunc(r.Aliases, func(a string) bool { return SameURL(a, url) })
}
