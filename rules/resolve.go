package rules

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"

	imageref "github.com/distribution/reference"

	"github.com/tplproxy/tplproxy/filters"
)

// A Resolved rule is one as it is in force, or off.
type Resolved struct {
	*Rule
	On         bool
	Off        string               // why it is not in force
	URL        string               // the value of Setting, where that turns the rule on
	Env        map[string]string    // rendered; nothing that renders to nothing
	Files      map[string]string    // rendered, with a newline at the end
	Arguments  map[string]string    // rendered, by program
	References map[string]Reference // by kind; all kinds of the rule
	Before     string               // the script before an instruction, rendered
	After      string               // the one behind it
	Besides    map[string]Besides   // without those that a setting changes
	Fix        string               // what turns a rule on that is off: "set X or Y"

	OnlyFor []string // the only hosts that it is for; nil for all

	hosts    []string // of the URLs that the rule is rendered with
	password bool
}

// A Reference is what is known of one kind of reference.
type Reference struct {
	To    map[string]string // rendered; nothing that renders to nothing
	Hosts []string          // the only hosts that it is for; nil for all
	Off   string            // why nothing is replaced, where To is empty

	Except   []string // images that stay
	ExceptOf string   // the setting that lists them

	// Of is the setting that lists the hosts, or more of To; "" without one.
	Of string
}

// Has tells whether a text begins with what is put in the place of others.
func (r Reference) Has(text string) bool {
	for _, to := range r.To {
		if strings.HasPrefix(text, to) {
			return true
		}
	}
	return false
}

// Resolve checks the settings and renders every rule whose setting is there,
// in the order of their names. The errors, joined, are all that is wrong: an
// unknown setting, one that is no URL, a template that fails.
func (s *Set) Resolve(settings Settings) ([]*Resolved, error) {
	var errs []error
	known := s.Settings()
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("%s%w", from(settings[name]), Unknown("setting", name, known)))
			continue
		}
		if err := s.checkSetting(name, settings[name]); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	values, err := s.values(known, settings)
	if err != nil {
		return nil, err
	}
	var list []*Resolved
	for _, r := range s.Rules() {
		resolved, err := s.resolve(r, values)
		if err != nil {
			errs = append(errs, err)
		}
		list = append(list, resolved)
	}
	return list, errors.Join(errs...)
}

// Values gives the value of every setting that the rules know, as the templates
// see it: what was given, or its default. The error is a default that fails.
func (s *Set) Values(settings Settings) (map[string]string, error) {
	return s.values(s.Settings(), settings)
}

// values gives every known setting's value. A default that reads other settings
// sees those that were given, or their own defaults.
func (s *Set) values(known []string, settings Settings) (map[string]string, error) {
	values := map[string]string{}
	var derived []string
	for _, name := range known {
		d := s.declared[name]
		given, ok := settings[name]
		values[name] = given.Value
		if given.Value == "" && len(d.Default.reads) == 0 {
			values[name] = d.Default.String()
		}
		if !ok && len(d.Default.reads) > 0 {
			derived = append(derived, name)
		}
		switch d.Kind {
		case Base:
			values[name] = strings.TrimRight(values[name], "/")
		case Hosts, Images:
			values[name] = strings.Join(list(values[name]), ",")
		}
	}
	for _, name := range derived {
		text, err := s.declared[name].Default.render(values)
		if err != nil {
			return nil, fmt.Errorf("settings: %s: %w", name, err)
		}
		values[name] = strings.TrimSpace(text)
	}
	values[ProxyHosts] = proxyHosts(values)
	return values, nil
}

func (s *Set) resolve(r *Rule, values map[string]string) (*Resolved, error) {
	out := &Resolved{Rule: r, References: map[string]Reference{}}
	for _, name := range r.TurnOn() {
		upstream := name == r.Setting && r.Upstreamed(values[name])
		out.On = out.On || values[name] != "" && !upstream
	}
	if out.On && !r.Upstreamed(values[r.Setting]) {
		out.URL = values[r.Setting]
	}
	out.Besides = maps.Clone(r.Besides)
	maps.DeleteFunc(out.Besides, func(_ string, b Besides) bool { return b.Unless != "" && values[b.Unless] != "" })
	if r.Only != "" {
		out.OnlyFor = list(values[r.Only])
	}
	out.Off, out.Fix = off(r.TurnOn()), "set "+strings.Join(s.turningOn(r, values), " or ")
	if r.Upstreamed(values[r.Setting]) {
		out.Off = r.Setting + " is the upstream itself"
	}
	for kind, refs := range r.References {
		ref, err := s.reference(r, kind, refs, values)
		if err != nil {
			return nil, err
		}
		out.References[kind] = ref
	}
	if !out.On {
		return out, nil
	}
	out.Off = ""
	for _, name := range r.Reads() {
		for _, u := range urls(s.declared[name].Kind, values[name]) {
			out.password = out.password || u.User != nil
			out.hosts = append(out.hosts, u.Hostname())
		}
	}
	return out, r.renderAll(out, values)
}

// turningOn lists the settings that would turn a rule on, those that the default
// of another is made of included, where they are not set.
func (s *Set) turningOn(r *Rule, values map[string]string) []string {
	names := r.TurnOn()
	for _, name := range r.TurnOn() {
		for _, read := range s.declared[name].Default.reads {
			if values[read] == "" && s.declared[read].Kind != Hosts && !slices.Contains(names, read) {
				names = append(names, read)
			}
		}
	}
	return names
}

// off says that none of the settings is there.
func off(settings []string) string {
	switch len(settings) {
	case 0:
		return ""
	case 1:
		return settings[0] + " is not set"
	}
	return "neither " + strings.Join(settings, " nor ") + " is set"
}

// reference renders one kind of references.
func (s *Set) reference(r *Rule, kind string, refs References, values map[string]string) (Reference, error) {
	out := Reference{To: map[string]string{}, Of: cmp.Or(refs.Only, refs.Mirrors)}
	var reads []string
	for _, from := range slices.Sorted(maps.Keys(refs.To)) {
		text, err := r.render(refs.To[from], values)
		if err != nil {
			return out, err
		}
		if text = strings.TrimSpace(text); text != "" {
			out.To[from] = text
		}
		reads = append(reads, refs.To[from].reads...)
	}
	for name, u := range mirrors(values[refs.Mirrors]) {
		out.To[name] = u.Host + strings.TrimRight(u.Path, "/")
	}
	for name, to := range out.To {
		if strings.Trim(to, plain) != "" {
			return out, fmt.Errorf("%s: references: %q would stand in an instruction, where %q could be taken for something else", r.source, to, strings.Trim(to, plain)[:1])
		}
		if strings.TrimRight(to, "/") == strings.TrimRight(name, "/") {
			delete(out.To, name) // the upstream itself
		}
	}
	if kind == "image" {
		for registry, to := range out.To {
			named, err := imageref.ParseNormalizedNamed(to + "/library/name")
			if host, _, _ := strings.Cut(to, "/"); err != nil || imageref.Domain(named) != host {
				return out, fmt.Errorf("%s: %s/… is no registry to docker, which wants a host with a dot or a port, and a path of small letters", settingOf(r, refs, registry), to)
			}
		}
	}
	out.Except, out.ExceptOf = list(values[refs.Except]), refs.Except
	if refs.Only != "" {
		out.Hosts = list(values[refs.Only])
	}
	if len(out.To) == 0 {
		if refs.Mirrors != "" {
			reads = append(reads, refs.Mirrors)
		}
		slices.Sort(reads)
		out.Off = off(slices.Compact(reads))
	}
	return out, nil
}

// settingOf names the setting that a registry's mirror comes from.
func settingOf(r *Rule, refs References, registry string) string {
	if _, own := refs.To[registry]; own {
		return r.Setting
	}
	return refs.Mirrors
}

// plain are the characters that no shell and no Dockerfile takes for anything
// else, wherever they stand.
const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._~:/%@+,=-"

// renderAll renders what the rule sets, writes and puts into commands.
func (r *Rule) renderAll(out *Resolved, values map[string]string) error {
	out.Env, out.Files, out.Arguments = map[string]string{}, map[string]string{}, map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(r.Env)) {
		text, err := r.render(r.Env[name].Value, values)
		if err != nil {
			return err
		}
		if text = strings.TrimSpace(text); text != "" {
			if bad := strings.IndexFunc(text, unquotable); bad >= 0 {
				return fmt.Errorf("%s: env: %s would hold %q, which not every builder reads alike", r.source, name, []rune(text[bad:])[0])
			}
			out.Env[name] = text
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Files)) {
		text, err := r.render(r.Files[name].Content, values)
		if err != nil {
			return err
		}
		if bad := strings.IndexFunc(text, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' || c == 0x7f }); bad >= 0 {
			return fmt.Errorf("%s: files: %s would hold %q", r.source, name, []rune(text[bad:])[0])
		}
		if strings.TrimSpace(text) != "" {
			out.Files[name] = strings.TrimRight(text, "\n") + "\n"
		}
	}
	for script, text := range map[*string]Text{&out.Before: r.Scripts.Before, &out.After: r.Scripts.After} {
		if !text.there() {
			continue
		}
		rendered, err := r.render(text, values)
		if err != nil {
			return err
		}
		*script = strings.TrimSpace(rendered)
	}
	for _, programs := range slices.Sorted(maps.Keys(r.Arguments)) {
		text, err := r.render(r.Arguments[programs], values)
		if err != nil {
			return err
		}
		text = strings.Join(strings.Fields(text), " ")
		if bad := strings.Trim(text, plain+" "); bad != "" {
			return fmt.Errorf("%s: arguments: %q would stand in a command, where a shell could take %q for something else", r.source, text, bad[:1])
		}
		for program := range strings.SplitSeq(programs, "|") {
			if text != "" {
				out.Arguments[program] = text
			}
		}
	}
	return nil
}

func (r *Rule) render(t Text, values map[string]string) (string, error) {
	text, err := t.render(values)
	if err == nil {
		return text, nil
	}
	var fe *filters.Error
	if errors.As(err, &fe) {
		return "", fmt.Errorf("%s:%w", r.source, t.at(fe))
	}
	return "", fmt.Errorf("%s: %w", r.source, err)
}

// proxyHosts lists this machine's names and the hosts of all settings that are
// URLs.
func proxyHosts(values map[string]string) string {
	hosts := []string{"localhost", "127.0.0.1", "::1"}
	for _, v := range values {
		if u, err := url.Parse(v); err == nil && u.Hostname() != "" {
			hosts = append(hosts, u.Hostname())
		}
	}
	slices.Sort(hosts)
	return strings.Join(slices.Compact(hosts), ",")
}

// ProxyHosts lists the hosts of the URLs that the rule is rendered with.
func (r *Resolved) ProxyHosts() []string { return r.hosts }

// Password tells whether one of the URLs that the rule is rendered with holds a
// user name or a password.
func (r *Resolved) Password() bool { return r.password }

// Local lists the hosts of the rules in force that are loopback addresses:
// a build reaches them only with the host's network. Rules that are about
// instructions alone are not among them: what FROM, COPY and ADD fetch the
// builder fetches itself.
func Local(resolved []*Resolved) []string {
	var hosts []string
	for _, r := range resolved {
		for _, host := range r.hosts {
			if r.On && len(r.Commands) > 0 && Loopback(host) {
				hosts = append(hosts, host)
			}
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// Loopback tells whether a host is this machine.
func Loopback(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}
