package rewrite

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Download is what one instruction fetches by one rule.
type Download struct {
	Line        int      `json:"line"` // of the instruction's first line, our blocks taken out
	EndLine     int      `json:"end_line"`
	Stage       string   `json:"stage"`       // its name, or its number from 0
	Instruction string   `json:"instruction"` // "RUN"
	Rule        string   `json:"rule"`        // "" where a command that nobody can resolve could be any
	Commands    []string `json:"commands"`    // as a person would write them, long ones cut short
	Upstreams   []string `json:"upstreams"`   // host names, as far as they are known
	Status      Status   `json:"status"`      // the command's that is worst off
	Reason      string   `json:"reason"`      // why it is not proxied, or what to know about it

	Fix string `json:"fix"` // what would change that, where there is something

	note   string // the reason that it has as a proxied one
	barred bool   // whether one of the commands stands in the way of all
}

// A Status tells whether a download goes through a proxy.
type Status string

// The states of a download, the best first.
const (
	Proxied     Status = "proxied"     // it goes through a proxy
	Wrappable   Status = "wrappable"   // it does not, but would after Rewrite
	Direct      Status = "direct"      // a rule knows it, but its setting is off
	Overridden  Status = "overridden"  // the command or the author says otherwise
	Unreachable Status = "unreachable" // no network, or what we set does not arrive
	Unsupported Status = "unsupported" // nothing that the tool could set or change helps
	Unresolved  Status = "unresolved"  // it cannot be told what is run
)

// Statuses lists them, the best first.
func Statuses() []Status {
	return []Status{Proxied, Wrappable, Direct, Overridden, Unreachable, Unsupported, Unresolved}
}

// worse tells whether s is worse off than t.
func (s Status) worse(t Status) bool {
	all := Statuses()
	return slices.Index(all, s) > slices.Index(all, t)
}

// commandWidth is how long a command may be in a report.
const commandWidth = 72

// shorten cuts a command at a word.
func shorten(command string) string {
	if strings.Contains(command, "  ") || strings.HasPrefix(command, " ") || strings.HasSuffix(command, " ") ||
		strings.ContainsFunc(command, func(r rune) bool { return r != ' ' && unicode.IsSpace(r) }) {
		command = strings.Join(strings.Fields(command), " ")
	}
	if utf8.RuneCountInString(command) <= commandWidth {
		return command
	}
	end := 0
	for range commandWidth {
		_, size := utf8.DecodeRuneInString(command[end:])
		end += size
	}
	cut := command[:end]
	if i := strings.LastIndexByte(cut, ' '); i > commandWidth/2 {
		cut = cut[:i]
	}
	return cut + " …"
}
