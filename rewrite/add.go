package rewrite

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/dockerfile"
	"github.com/tplproxy/tplproxy/internal/shell"
	"github.com/tplproxy/tplproxy/rules"
)

// add looks at the sources of an ADD that are URLs.
func (x *referrer) add(s *inspection) {
	var words []string
	for n := x.node.Next; n != nil; n = n.Next {
		words = append(words, n.Value)
	}
	if len(words) < 2 {
		return
	}
	for _, raw := range words[:len(words)-1] {
		if !strings.HasPrefix(raw, "<<") {
			x.source(s, raw, words[len(words)-1])
		}
	}
}

// source looks at one source: one that is written as a URL, or begins with a
// variable whose value is the URL's beginning.
func (x *referrer) source(s *inspection, raw, dest string) {
	shown, known := x.file.Expand(x.in.Scope, raw)
	name, rest, variable := carrier(strings.Trim(raw, `"'`))
	text := strings.Trim(raw, `"'`)
	var declared *dockerfile.Variable
	if variable {
		declared = x.in.Scope.Lookup(name)
		if declared == nil || !declared.Known {
			s.add(x.rule, raw, verdict{status: Unresolved, reason: raw + " cannot be resolved from the Dockerfile, and could be a URL"})
			return
		}
		text = declared.Value + rest
	}
	if !known {
		shown = text
	}
	scheme, _, found := strings.Cut(text, "://")
	if scheme = strings.ToLower(scheme); !found || scheme != "http" && scheme != "https" {
		if scheme == "git" || scheme == "ssh" || strings.HasPrefix(text, "git@") {
			s.add(x.rule, shown, verdict{status: Unsupported, reason: "a repository that is not asked by https is none that the mirror serves", hosts: hostsOf(text)})
		}
		return // a path in the build context
	}
	kind, sure := kindOf(text)
	host, resolved := hostOf(text)
	if rules.Loopback(host) {
		return
	}
	v := x.sourceVerdict(kind, scheme, host, text)
	if v.status == Wrappable && (rules.Mask(text) != text || secretVariable(raw)) {
		v = verdict{status: Overridden, reason: "there may be a secret in it, which is for the origin alone"}
	}
	switch {
	case !resolved && x.wholeHost(raw) != "":
		host = x.wholeHost(raw)
		v = verdict{status: Unsupported, reason: "its host stands in a variable with more behind it, where it is not changed", fix: "write the host out, or put the whole URL into the variable"}
	case !sure || !resolved:
		v = verdict{status: Unresolved, reason: raw + " cannot be resolved from the Dockerfile"}
	case v.status != Wrappable:
	case variable:
		v = x.declare(v, kind, name, rest, declared)
	default:
		v = x.change(v, kind, scheme, raw)
	}
	if v.status == Wrappable && kind == "git" {
		v = x.mended(v, text, dest)
	}
	s.add(x.rule, shown, x.judged(kind, host, v))
}

// kindOf tells whether a URL of an ADD's is a repository or a file, as BuildKit
// tells them apart: by a path that ends in .git (frontend/dockerfile/dfgitutil).
func kindOf(url string) (kind string, sure bool) {
	path, _, _ := strings.Cut(url, "#")
	path, _, _ = strings.Cut(path, "?")
	if strings.HasSuffix(path, ".git") {
		return "git", true
	}
	last := path[strings.LastIndexByte(path, '/')+1:]
	return "file", !strings.Contains(last, "$") || strings.Contains(last[strings.LastIndexAny(last, "$}"):], ".")
}

// hostOf gives a URL's host, and whether that is written out.
func hostOf(url string) (host string, known bool) {
	host = hostIn(authority(url))
	return host, host != "" && !strings.ContainsAny(host, "${}\"'\\")
}

func hostsOf(url string) []string {
	if host, known := hostOf(strings.Replace(url, "git@", "ssh://", 1)); known {
		return []string{host}
	}
	return nil
}

// wholeHost gives the host of a URL with its variables expanded, or "".
func (x *referrer) wholeHost(raw string) string {
	if text, known := x.file.Expand(x.in.Scope, raw); known {
		host, _ := hostOf(text)
		return host
	}
	return ""
}

// sourceVerdict tells whether a URL could go to a mirror at all.
func (x *referrer) sourceVerdict(kind, scheme, host, url string) verdict {
	ref, there := x.rule.References[kind]
	if !there {
		return verdict{status: Unsupported, reason: "the rule has no references of the kind " + kind}
	}
	switch {
	case ref.Has(url):
		return verdict{status: Proxied, reason: "the Dockerfile names the mirror itself"}
	case strings.Contains(authority(url), "@"):
		return verdict{status: Overridden, reason: "the URL names a user, whom the mirror does not know"}
	case authority(url) != host:
		return verdict{status: Overridden, reason: "its host is written with a port or capitals, for which the mirror may have no place"}
	case dotted(url):
		return verdict{status: Overridden, reason: "it has dots in its path that would lead out of the mirror's place for it"}
	case kind == "file" && private(host):
		return verdict{status: Overridden, reason: host + " is a host of the own network, which a mirror may not reach"}
	case kind == "file" && strings.TrimSuffix(url, "/") == url[:len(scheme)+len("://")+len(authority(url))]:
		return verdict{status: Overridden, reason: "it has no path, so the file would be named after the host"}
	case len(ref.To) > 0 && ref.To[scheme+"://"] == "":
		return verdict{status: Unsupported, reason: "it is asked by " + scheme + ", which the mirror does not serve"}
	case len(ref.To) > 0 && len(ref.Hosts) > 0 && !slices.Contains(ref.Hosts, host):
		return unlisted(ref.Of, host)
	}
	return verdict{status: Wrappable, fix: "tplproxy rewrite"}
}

// change puts the mirror into the instruction.
func (x *referrer) change(v verdict, kind, scheme, raw string) verdict {
	place, ok := x.lines().Find(raw)
	if !ok || x.node.Attributes["json"] {
		return verdict{status: Unsupported, reason: raw + " is written in a way that is not changed"}
	}
	v.changeable = true
	place += len(raw) - len(strings.TrimLeft(raw, `"'`))
	v.edits = []edit{{place, place + len(scheme+"://"), x.rule.References[kind].To[scheme+"://"]}}
	return v
}

// declare sets the variable that holds the beginning of the URL.
func (x *referrer) declare(v verdict, kind, name, rest string, declared *dockerfile.Variable) verdict {
	scheme, _, _ := strings.Cut(declared.Value, "://")
	begin := scheme + "://"
	whole := begin + authority(declared.Value)
	// What follows the host is behind a slash, in the variable or right after it.
	complete := len(declared.Value) > len(whole) || ended(rest) && rest != ""
	text := string(x.file.Source[x.in.Start:x.in.End])
	switch {
	case !complete:
		return verdict{status: Unresolved, reason: "the host in $" + name + " may go on behind it"}
	case mentioned(text, name) != 1:
		return verdict{status: Overridden, reason: "the instruction reads $" + name + " for something else, too"}
	case !declared.Env && x.in.Scope.Env(name):
		return verdict{status: Unsupported, reason: fmt.Sprintf("both an ENV and a later ARG are named %s, and builders disagree on which of them counts", name)}
	case refusedName(x.file, name):
		return verdict{status: Unsupported, reason: refusal(name)}
	case strings.ContainsAny(declared.Value, "'\"\\`$") || strings.ContainsFunc(declared.Value, func(c rune) bool { return c < ' ' }):
		return verdict{status: Unsupported, reason: "$" + name + " holds what not every builder reads alike"}
	case slices.Contains(proxyVariables, name):
		return verdict{status: Overridden, reason: fmt.Sprintf("$%s is an argument that every builder knows, and that must not be declared", name)}
	}
	v.variable, v.value = name, x.rule.References[kind].To[strings.ToLower(begin)]+declared.Value[len(begin):]
	return v
}

// mended adds what puts the origin back that ADD --keep-git-dir leaves in
// .git/config, where that is sure to work.
func (x *referrer) mended(v verdict, url, dest string) verdict {
	if !x.keepsGitDir(url) {
		return v
	}
	dest, known := x.file.Expand(x.in.Scope, dest)
	if !known || strings.Trim(dest, plainPath) != "" {
		return verdict{status: Unsupported, reason: "the origin in .git/config would name the mirror, and the destination cannot be resolved", fix: "leave out --keep-git-dir"}
	}
	user := x.in.Scope.User
	byRoot := user != nil && user.Root()
	if user != nil && !byRoot {
		_, byRoot = x.in.Scope.SayAgain(x.in.Scope)
	}
	if installed, root := x.hasGit(); !installed || user == nil && !root || user != nil && !byRoot {
		return verdict{
			status: Unsupported, reason: "the origin in .git/config would name the mirror, and nothing tells that the stage has git to put it back",
			fix: "install git in the stage before, or leave out --keep-git-dir",
		}
	}
	if to := x.rule.References["git"].To["https://"]; to != "" {
		v.mend = mendOrigin(strings.TrimSuffix(dest, "/")+"/.git", to)
	}
	return v
}

const plainPath = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+=@-"

// keepsGitDir tells whether an ADD leaves a .git directory.
func (x *referrer) keepsGitDir(url string) bool {
	return slices.ContainsFunc(x.node.Flags, func(f string) bool {
		name, value, _ := strings.Cut(f, "=")
		return name == "--keep-git-dir" && value != "false"
	}) || strings.Contains(url, "keep-git-dir")
}

// mendOrigin gives the script that turns a mirror's address in a repository's
// .git back into the origin's: in the configuration, and where there are
// submodules in what git notes of them (BuildKit's source/git, run with v0.34.2).
// The files keep their owner and mode.
func mendOrigin(dir, mirror string) string {
	if !strings.HasPrefix(dir, "/") {
		dir = "./" + strings.TrimPrefix(dir, "./")
	}
	return fmt.Sprintf(`[ ! -d %s ] || find %s -type f \( -name config -o -name FETCH_HEAD -o -path '*/logs/*' \) -exec grep -lF '%s' {} + | `+
		`while read -r f; do sed 's#%s#https://#g' "$f" > "$f.tplproxy" && cat "$f.tplproxy" > "$f"; rm -f "$f.tplproxy"; done`,
		dir, dir, mirror, strings.ReplaceAll(mirror, ".", "[.]"))
}

// A gitInstall is what a RUN shows about git.
type gitInstall struct {
	installs bool // or runs it
	removes  bool
	raised   bool // by sudo, or not by a package manager, so that it tells of no root
}

// hasGit tells whether a RUN before installed git or ran it, and whether it was
// installed without sudo and before any USER, so that whoever builds is root. A
// stage that works with git is taken to have find, grep and sed as well.
func (x *referrer) hasGit() (installed, root bool) {
	for st := x.in.Stage; st != nil; st = st.Parent {
		for _, in := range slices.Backward(st.Instructions) {
			if in.Index > x.in.Index || in.Keyword != "run" {
				continue
			}
			g := x.gitInstall(in)
			if g.removes {
				return installed, root
			}
			installed = installed || g.installs
			root = root || g.installs && !g.raised && in.Scope.User == nil
		}
	}
	return installed, root
}

func (x *referrer) gitInstall(in *dockerfile.Instruction) gitInstall {
	if g, ok := x.git[in.Index]; ok {
		return g
	}
	var g gitInstall
	if strings.Contains(string(x.file.Source[in.Start:in.End]), "git") {
		r := newRun(x.file, in, in.Node, func(string) bool { return true })
		if r.err == nil {
			handled := false
			for _, c := range r.script.Commands {
				switch {
				case handlesGit(c, "install", "add"):
					g.installs, g.raised, handled = true, c.Raised, true
				case lastElement(c.Words[0].Text) == "git":
					g.installs = g.installs || !g.removes
					g.raised = g.raised || !handled
				case handlesGit(c, "remove", "purge", "del", "erase", "autoremove"):
					g = gitInstall{removes: true}
				}
			}
		}
	}
	x.git[in.Index] = g
	return g
}

// handlesGit tells whether a package manager is told one of the words, and git.
func handlesGit(c shell.Command, words ...string) bool {
	has := func(names ...string) bool {
		return slices.ContainsFunc(c.Words[1:], func(w shell.Word) bool { return slices.Contains(names, w.Text) })
	}
	return slices.Contains([]string{"apt", "apt-get", "aptitude", "apk", "dnf", "microdnf", "yum", "zypper"}, lastElement(c.Words[0].Text)) &&
		has(words...) && has("git", "git-core", "git-all")
}
