// Package rules holds what a download looks like, and what its command needs
// to go through a proxy.
//
// A [Rule] is data: one YAML file, the built-in ones embedded, a user's own
// read with [Load]. [Set.Resolve] renders the rules with the user's
// [Settings]; a rule whose setting is there is in force.
package rules

import (
	"maps"
	"slices"
	"strings"
)

// A Rule is one kind of download. Parse and Load make one, and check it.
type Rule struct {
	Name    string `yaml:"name"`
	About   string `yaml:"about"`
	Setting string `yaml:"setting"` // the setting that turns the rule on: an http or https URL

	// Or are further settings that turn the rule on, each by itself: what the
	// templates make of those that are there is in force.
	Or []string `yaml:"or"`

	// Upstream is the URL that the setting stands in for. A setting equal to
	// it, but for a slash at the end, leaves the rule off.
	Upstream string `yaml:"upstream"`

	// Aliases are other URLs of the same upstream: an author who names one of
	// them asks for nothing else.
	Aliases []string `yaml:"aliases"`

	// Hosts are the upstream's host by base image, where the image decides:
	// the key is a part of the image's name.
	Hosts map[string]string `yaml:"hosts"`

	// Settings are those that the templates read besides, and what is to be
	// known of any. What one rule says of a setting holds for all.
	Settings map[string]Declared `yaml:"settings"`

	// With are rules whose variables come along where they are in force,
	// because what is installed may itself name what they are about. That is
	// no download of its own, and no reason not to wrap.
	With []string `yaml:"with"`

	// Runs are rules whose programs the commands run underneath: what the author
	// says to those (configured, deciding, variables) counts for them, too.
	Runs []string `yaml:"runs"`

	// Instructions are those whose references the rule is about, besides the
	// commands that a RUN runs: FROM, COPY (--from), RUN (--mount=from=), ADD.
	Instructions []string `yaml:"instructions"`

	// Only is the setting (of the kind hosts) with the only hosts that the
	// rule is for.
	Only string `yaml:"only"`

	// Commands are the commands that download, each as its words. A program
	// alone matches without arguments only. A word a|b is either; … is any
	// number of arguments; one that ends in … or = matches what begins with it.
	// A last word in capitals stands for an argument:
	//   - URL is an http or https one that is not this machine's
	//   - REPOSITORY is one of git's that is no local path; REMOTE is that, the
	//     name of one, or none at all
	//   - GIT is a requirement that names one, also as an option's value:
	//     git+https://…; GITHUB is that, or owner/name
	//   - any other is whatever is there
	// A … behind that says that it is run with all that follows (npx PACKAGE …).
	Commands []string `yaml:"commands"`

	// Unsupported are commands that download what the rule is about and that
	// nothing in it reaches, or that would leave something of the proxy in the
	// image.
	Unsupported map[string]Deciding `yaml:"unsupported"`

	// Options are the options that take the next word as their value. What is said
	// here and in Lists, Secrets and Shortened, and that Flags take one, holds for
	// all rules that know the program.
	Options []string `yaml:"options"`

	// Bundled are programs whose words behind one hyphen are one-letter options,
	// however many; of other programs' only those of up to three letters are.
	Bundled []string `yaml:"bundled"`

	// Shortened are programs whose long options may be shortened, as far as it
	// is clear which one is meant. Behind one stand further options of its, which
	// the rule names nowhere else, and which are the beginning of one that it
	// names.
	Shortened []string `yaml:"shortened"`

	// Flags are the options that win over the environment: their value says
	// where to download from.
	Flags []string `yaml:"flags"`

	// Secrets are the options whose value no report shows.
	Secrets []string `yaml:"secrets"`

	// Lists are the options whose value is what to download, or a file that lists
	// it.
	Lists []string `yaml:"lists"`

	// Ignoring are the options that make the command ignore what the rule
	// sets, or go elsewhere, by the reason. An option may have the beginning of
	// its value behind a =.
	Ignoring map[string][]string `yaml:"ignoring"`

	// Keeping are the options with which a URL of the command must stay what it
	// is, by the reason: what goes along is for the origin alone.
	Keeping map[string][]string `yaml:"keeping"`

	// Offline are the options, and the variables set to something, with which
	// the command downloads nothing.
	Offline []string `yaml:"offline"`

	// Variables are those that win over, or are, what the rule sets: an
	// author's own value of one of them is left alone. In this list and the
	// seven before it an entry may be several words, and "curl -q" is for curl
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

	// Besides are hosts that the command asks by itself, past any proxy: each a
	// download of its own in a report. URL stands for those of the http and https
	// URLs that it is given, as arguments or by Lists; ARCHIVE for the same but for
	// what npm takes for a repository.
	Besides map[string]Besides `yaml:"besides"`

	Env   map[string]Env  `yaml:"env"`
	Files map[string]File `yaml:"files"` // by absolute path

	// Arguments are words that are put behind a program's name (a|b), for a
	// tool that listens to nothing else.
	Arguments map[string]Text `yaml:"arguments"`

	// Scripts run before and behind the instruction, for what no variable and no
	// file reaches, or to put right what a command leaves behind. They must not
	// fail.
	Scripts Scripts `yaml:"scripts"`

	// References are what is replaced in an instruction, by what it is: image
	// (of FROM, COPY and RUN), file (an http or https URL, of ADD or a command
	// URL), git (a repository, of ADD).
	References map[string]References `yaml:"references"`

	source string // the file it was read from, for errors
}

// Scripts are for /bin/sh, run as the instruction's user in its directory. Their
// arguments are the directories that the instruction works in: its own, and
// those that its commands change to. One that renders to nothing is not there.
type Scripts struct {
	// Commands are those that need them, as they stand in the rule, or programs.
	Commands []string `yaml:"commands"`
	Before   Text     `yaml:"before"`
	After    Text     `yaml:"after"`

	// Variables are those that say where the command works, and that the
	// scripts do not see where the RUN itself sets them; Hidden are parts of
	// paths that a mount of the RUN's must not cover.
	Variables []string `yaml:"variables"`
	Hidden    []string `yaml:"hidden"`

	// Movers are programs that take a directory elsewhere, where the scripts would
	// not find it.
	Movers []string `yaml:"movers"`

	// Directories are options whose value is a directory that the command works
	// in.
	Directories []string `yaml:"directories"`
}

// There tells whether there is any script.
func (s Scripts) There() bool { return s.Before.there() || s.After.there() }

// Besides is why a host is asked past any proxy.
type Besides struct {
	Programs []string `yaml:"programs"`
	Of       string   `yaml:"of"`     // the host that the command must name for that
	Unless   string   `yaml:"unless"` // the setting that, where it is there, changes that
	Reason   string   `yaml:"reason"`
}

// References say what a reference begins with, and what stands there instead:
// https:// and the like, for an image the registry's name.
type References struct {
	To map[string]Text `yaml:"to"`

	// Only is the setting (of the kind hosts) with the only hosts that it is
	// for; without one, or where that is empty, it is for all.
	Only string `yaml:"only"`

	// Mirrors is the setting (of the kind mirrors) with more of To.
	Mirrors string `yaml:"mirrors"`

	// Except is the setting (of the kind images) with images that stay.
	Except string `yaml:"except"`
}

// A Declared setting is what a rule says of one.
type Declared struct {
	// Default is the value where nobody gives one; it may read other settings.
	Default Text
	Kind    Kind
}

// A Kind tells what a setting holds.
type Kind string

// The kinds of settings.
const (
	URL     Kind = ""        // an http or https URL, or its default
	Base    Kind = "base"    // a URL that paths are put behind: slashes at its end do not count
	Hosts   Kind = "hosts"   // host names with commas between
	Mirrors Kind = "mirrors" // HOST=URL, with commas between
	Images  Kind = "images"  // names of images, in which a * stands for a part, with commas between
)

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
	text   string
	line   int // of its first character, in the rule file
	column int
	reads  []string // the settings that it reads
	given  bool     // whether there is a template
}

func (t Text) String() string { return t.text }

// Reads lists the settings that the template reads, sorted.
func (t Text) Reads() []string { return slices.Clone(t.reads) }

// Knows tells whether the rule is about a program's commands.
func (r *Rule) Knows(program string) bool {
	begins := func(command string) bool { return Begins(command, program) }
	return slices.ContainsFunc(r.Commands, begins) || slices.ContainsFunc(slices.Collect(maps.Keys(r.Unsupported)), begins)
}

// Begins tells whether a command of a rule, or an entry of one of its lists, begins
// with a program's name, a|b being either.
func Begins(entry, program string) bool {
	words := strings.Fields(entry)
	return len(words) > 0 && slices.Contains(strings.Split(words[0], "|"), program)
}

// TurnOn lists the settings each of which turns the rule on.
func (r *Rule) TurnOn() []string { return append([]string{r.Setting}, r.Or...) }

// Reads lists the settings that the rule knows: those that turn it on, then the
// others, sorted.
func (r *Rule) Reads() []string {
	names := r.TurnOn()
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
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
