package rewrite

import (
	"net/url"
	"strings"

	"github.com/tplproxy/tplproxy/internal/shell"
)

// repository looks at the argument that may name a git repository, as git's
// commands take it: a URL, or the name of a remote. Without one git asks the
// remote that the work tree has, which nobody sees in the Dockerfile.
func (m *call) repository(args []shell.Word) (ok, sure bool) {
	if len(args) == 0 {
		return m.pattern.argument == "REMOTE", true
	}
	named := args[0]
	for _, o := range m.options {
		if o.name == "--repo" && o.given {
			named = o.value
		}
	}
	switch {
	case unresolvedStart(named):
		m.unresolved = named.Text
		return true, false
	case localPath(named.Text):
		return false, false
	}
	if scheme, _, found := strings.Cut(named.Text, "://"); found {
		m.remote(scheme, named)
	} else if scpLike(named.Text) {
		m.foreign = named.Text + " is asked by ssh"
	} else if m.pattern.argument == "REPOSITORY" {
		return false, false // a local path, too
	}
	return true, true
}

// remote notes the host of a repository's URL, or that no mirror serves its
// scheme.
func (m *call) remote(scheme string, word shell.Word) {
	text := strings.TrimPrefix(word.Text, "git+")
	host, known := urlHost(shell.Word{Text: text, Holes: word.Holes})
	switch scheme = strings.TrimPrefix(strings.ToLower(scheme), "git+"); {
	case scheme != "https":
		m.foreign = word.Text + " is asked by " + scheme + ", not by https"
	case !known:
		m.unresolved = word.Text
		return
	case strings.Contains(authority(text), "@"):
		m.foreign = word.Text + " names a user, whom the mirror does not know"
	case authority(text) != host:
		m.foreign = word.Text + " writes its host otherwise than the mirror's setting does, with a port or capitals"
	}
	if u, err := url.Parse(text); err == nil && host == "" {
		host = u.Hostname()
	}
	if host != "" {
		m.hosts = append(m.hosts, host)
	}
}

// authority gives what stands between a URL's scheme and its path.
func authority(text string) string {
	_, rest, _ := strings.Cut(text, "://")
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		rest = rest[:i]
	}
	return rest
}

// unresolvedStart tells whether a word cannot be resolved where a URL has its
// scheme.
func unresolvedStart(w shell.Word) bool {
	scheme, _, _ := strings.Cut(w.Text, "://")
	return w.Holes && strings.Contains(scheme, "$")
}

// localPath tells whether git takes a text for a path of this machine's.
func localPath(text string) bool {
	return strings.HasPrefix(text, "/") || strings.HasPrefix(text, ".") || strings.HasPrefix(text, "~") || strings.HasPrefix(text, "file://")
}

// scpLike tells whether git takes a text for USER@HOST:PATH.
func scpLike(text string) bool {
	host, _, found := strings.Cut(text, ":")
	return found && !strings.Contains(host, "/")
}

// requirements looks for git repositories among the requirements of a package
// manager: git+https://…, NAME @ git+https://…, github:owner/name, and where it
// is asked for owner/name alone.
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
	if short {
		for _, w := range args {
			if isGitHub(w.Text) {
				ok = true
				m.hosts = append(m.hosts, "github.com")
			}
		}
	}
	return ok, ok
}

// isGitHub tells whether npm takes a text for a repository of GitHub's:
// github:owner/name or owner/name, a name and @ before it perhaps
// (npm-package-arg, hosted-git-info).
func isGitHub(text string) bool {
	if name, rest, found := strings.Cut(text, "@github:"); found && !strings.ContainsAny(strings.TrimPrefix(name, "@"), "@:") {
		return strings.Contains(rest, "/")
	}
	if rest, found := strings.CutPrefix(text, "github:"); found {
		return strings.Contains(rest, "/")
	}
	owner, name, found := strings.Cut(text, "/")
	if strings.HasSuffix(name, ".tgz") || strings.HasSuffix(name, ".tar.gz") || strings.HasSuffix(name, ".tar") {
		return false // a file
	}
	return found && owner != "" && name != "" && !strings.Contains(name, "/") &&
		strings.Trim(owner, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == "" && !strings.Contains(text, "$")
}
