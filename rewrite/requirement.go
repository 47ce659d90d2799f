package rewrite

import (
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// requirements looks for git repositories among the requirements of a package
// manager: git+https://…, NAME @ git+https://…, and where it is asked for those
// that npm takes for one.
func (m *call) requirements(args []shell.Word, short bool) (ok, sure bool) {
	for _, w := range m.command.Words[1:] {
		i := strings.Index(w.Text, "git+")
		if i < 0 || i > 0 && !strings.ContainsRune(" @=", rune(w.Text[i-1])) {
			continue
		}
		text := w.Text[i:]
		scheme, _, found := strings.Cut(text, "://")
		if !found || scheme == "git+file" {
			continue
		}
		ok = true
		m.remote(scheme, shell.Word{Text: text, Holes: w.Holes})
	}
	if !short {
		return ok, ok
	}
	for _, w := range args {
		text := requirement(w.Text)
		switch host := hosted(text); {
		case host != "":
			m.hosts = append(m.hosts, host)
		case strings.HasPrefix(text, "git://"), strings.HasPrefix(text, "ssh://"):
			scheme, _, _ := strings.Cut(text, "://")
			m.remote(scheme, shell.Word{Text: text, Holes: w.Holes})
		case strings.HasPrefix(text, "git@") && scpLike(text):
			m.foreign = text + " is asked by ssh"
		default:
			continue
		}
		ok = true
	}
	return ok, ok
}

// requirement is what a package is to come from, without the name that may stand
// before it: NAME@…, NAME @ ….
func requirement(text string) string {
	if text == "" {
		return ""
	}
	name, rest, found := strings.Cut(text[1:], "@")
	if !found || strings.Contains(name, ":") || strings.Contains(name, "/") && text[0] != '@' || name == "" || text == "git@"+rest {
		return text
	}
	return strings.TrimLeft(rest, " ")
}

// hosts are those whose repositories npm knows, by the word that stands for one.
var hosts = map[string]string{"github": "github.com", "gitlab": "gitlab.com", "bitbucket": "bitbucket.org", "gist": "gist.github.com"}

// hosted gives the host of what npm takes for a repository there: owner/name,
// github:owner/name, and the repository's own URL. Run with the npm-package-arg
// of npm 11.19.
func hosted(text string) string {
	if word, rest, found := strings.Cut(text, ":"); found && hosts[word] != "" && rest != "" {
		return hosts[word]
	}
	if scheme, rest, found := strings.Cut(text, "://"); found {
		if scheme != "https" && scheme != "http" {
			return ""
		}
		authority, path, _ := strings.Cut(rest, "/")
		host := strings.TrimPrefix(strings.ToLower(hostIn(authority)), "www.")
		path, _, _ = strings.Cut(path, "#")
		parts := strings.Split(strings.TrimSuffix(path, "/"), "/")
		switch host {
		case "github.com":
			if len(parts) == 2 || len(parts) == 4 && parts[2] == "tree" {
				return host
			}
		case "bitbucket.org":
			if len(parts) == 2 {
				return host
			}
		case "gitlab.com":
			if len(parts) >= 2 && !slices.Contains(parts, "-") && !slices.Contains(parts, "repository") {
				return host
			}
		}
		return ""
	}
	owner, name, found := strings.Cut(text, "/")
	if strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tar") {
		return "" // a file, where there is one
	}
	if !found || owner == "" || name == "" || strings.Contains(name, "/") || strings.Contains(text, "$") ||
		strings.Trim(owner, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
		return ""
	}
	return "github.com"
}

// fromURLs lists the hosts of the http and https URLs that a command is given as
// what to install, or as a list of that; unresolved is one whose host is not
// known.
func (m *call) fromURLs() (hosts []string, unresolved string) {
	if !slices.ContainsFunc(m.command.Words, func(w shell.Word) bool { return strings.Contains(w.Text, "://") }) {
		return nil, ""
	}
	options, args := m.parse(m.command.Words[1:])
	for _, o := range options {
		if m.lists[o.name] {
			args = append(args, o.value)
		}
	}
	for _, w := range args {
		text := requirement(w.Text)
		if !strings.HasPrefix(text, "https://") && !strings.HasPrefix(text, "http://") || hosted(text) != "" {
			continue
		}
		switch host, known := urlHost(shell.Word{Text: text, Holes: w.Holes}); {
		case !known:
			unresolved = w.Text
		case !rules.Loopback(host) && !slices.Contains(hosts, host):
			hosts = append(hosts, host)
		}
	}
	return hosts, unresolved
}
