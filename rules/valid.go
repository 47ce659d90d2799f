package rules

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// check tells what a rule lacks, or holds that cannot work.
func (r *Rule) check() error {
	switch {
	case r.Name == "":
		return &placedError{1, 1, "name is missing"}
	case strings.Trim(r.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "":
		return fmt.Errorf("name: %q is not made of lower-case letters, digits and hyphens", r.Name)
	case r.Setting == "":
		return &placedError{1, 1, "setting is missing: the name of the setting that turns the rule on"}
	case !validSetting(r.Setting):
		return fmt.Errorf("setting: %q is not made of capital letters, digits and underscores", r.Setting)
	case len(r.Commands) == 0 && len(r.Instructions) == 0:
		return &placedError{1, 1, "commands are missing"}
	case len(r.Env) == 0 && len(r.Files) == 0 && len(r.Arguments) == 0 && len(r.References) == 0 && !r.Scripts.Before.there():
		return &placedError{1, 1, "env, files, arguments, scripts and references are missing: the rule would change nothing"}
	}
	if err := r.checkSettings(); err != nil {
		return err
	}
	if err := r.checkReferences(); err != nil {
		return err
	}
	for _, list := range []struct {
		name    string
		entries []string
	}{
		{"commands", r.Commands}, {"unsupported", slices.Collect(maps.Keys(r.Unsupported))},
		{"configured", slices.Collect(maps.Keys(r.Configured))}, {"deciding", slices.Collect(maps.Keys(r.Deciding))},
		{"images", slices.Collect(maps.Keys(r.Images))}, {"hosts", slices.Collect(maps.Keys(r.Hosts))},
		{"ignoring", slices.Concat(slices.Collect(maps.Values(r.Ignoring))...)}, {"notes", slices.Collect(maps.Keys(r.Notes))},
		{"options", r.Options}, {"bundled", r.Bundled}, {"shortened", r.Shortened}, {"flags", r.Flags}, {"offline", r.Offline}, {"variables", r.Variables},
		{"secrets", r.Secrets}, {"lists", r.Lists}, {"with", r.With}, {"runs", r.Runs}, {"keeping", slices.Concat(slices.Collect(maps.Values(r.Keeping))...)},
		{"arguments", slices.Collect(maps.Keys(r.Arguments))}, {"besides", slices.Collect(maps.Keys(r.Besides))},
	} {
		for _, e := range list.entries {
			if strings.TrimSpace(e) == "" || strings.Contains(e, "||") || strings.Trim(e, "|") != e {
				return fmt.Errorf("%s: an empty entry matches nothing", list.name)
			}
		}
	}
	for _, list := range []struct {
		name    string
		entries map[string]Deciding
	}{{"unsupported", r.Unsupported}, {"configured", r.Configured}, {"deciding", r.Deciding}, {"images", r.Images}} {
		for name, d := range list.entries {
			if d.Reason == "" {
				return fmt.Errorf("%s: %s: reason is missing", list.name, name)
			}
		}
	}
	for _, e := range slices.Concat(r.Bundled, r.Shortened) {
		for name := range strings.SplitSeq(strings.Fields(e)[0], "|") {
			if !r.Knows(name) {
				return fmt.Errorf("bundled, shortened: %s is no program of the rule's commands", name)
			}
		}
	}
	for name, e := range r.Env {
		if !validVariable(name) {
			return fmt.Errorf("env: %q is no name of a variable", name)
		}
		if name == "PATH" || name == "HOME" || strings.HasPrefix(name, "TPLPROXY_") {
			return fmt.Errorf("env: %s must stay what it is", name)
		}
		if bad := strings.IndexFunc(e.Neutral, unquotable); bad >= 0 || strings.ContainsAny(e.Neutral, "'{}") {
			return fmt.Errorf("env: %s: neutral holds what cannot stand in a Dockerfile without quotes", name)
		}
		if slices.Contains(predefined, strings.ToUpper(name)) {
			return fmt.Errorf("env: %s is a predefined proxy argument: declaring it would put the user's own proxy, with its password, into the image's history", name)
		}
		if err := r.checkTemplate("env: "+name, e.Value); err != nil {
			return err
		}
	}
	for name, f := range r.Files {
		if path.Clean(name) != name || !path.IsAbs(name) || strings.Trim(name, fileNameChars) != "" || name == "/" {
			return fmt.Errorf("files: %q is no clean absolute path of letters, digits and the characters . _ + - /", name)
		}
		if err := r.checkTemplate("files: "+name, f.Content); err != nil {
			return err
		}
	}
	for name, t := range map[string]Text{"before": r.Scripts.Before, "after": r.Scripts.After} {
		if !t.there() {
			continue
		}
		if err := r.checkTemplate("scripts: "+name, t); err != nil {
			return err
		}
	}
	for host, b := range r.Besides {
		if (host == "URL" || host == "ARCHIVE") && b.Of != "" {
			return fmt.Errorf("besides: %s: of has no meaning there", host)
		}
		if b.Reason == "" || b.Unless != "" && !slices.Contains(r.Reads(), b.Unless) {
			return fmt.Errorf("besides: %s: reason is missing, or unless is none of the rule's settings", host)
		}
	}
	for name, t := range r.Arguments {
		if err := r.checkTemplate("arguments: "+name, t); err != nil {
			return err
		}
	}
	return nil
}

func (r *Rule) checkSettings() error {
	for _, name := range r.Or {
		if !validSetting(name) {
			return fmt.Errorf("or: %q is not made of capital letters, digits and underscores", name)
		}
	}
	if r.Only != "" && !slices.Contains(r.Reads(), r.Only) {
		return fmt.Errorf("only: %s is none of the rule's settings", r.Only)
	}
	for name, d := range r.Settings {
		if !validSetting(name) {
			return fmt.Errorf("settings: %q is not made of capital letters, digits and underscores", name)
		}
		if !slices.Contains([]Kind{URL, Base, Hosts, Mirrors, Images}, d.Kind) {
			return fmt.Errorf("settings: %s: there is no kind %s; there are base, hosts, mirrors and images", name, d.Kind)
		}
		if d.Default.there() {
			if err := r.checkTemplate("settings: "+name, d.Default); err != nil {
				return err
			}
		}
	}
	return nil
}

// instructions are those whose references can be changed, and the kinds of
// references that there are in them.
var instructions = map[string][]string{"FROM": {"image"}, "COPY": {"image"}, "RUN": {"image"}, "ADD": {"file", "git"}}

func (r *Rule) checkReferences() error {
	for _, name := range r.Instructions {
		kinds := instructions[name]
		if kinds == nil {
			return fmt.Errorf("instructions: there are no references to change in %s, only in %s", name, strings.Join(slices.Sorted(maps.Keys(instructions)), ", "))
		}
		if !slices.ContainsFunc(kinds, func(k string) bool { _, ok := r.References[k]; return ok }) {
			return fmt.Errorf("instructions: %s without references of the kind %s changes nothing", name, strings.Join(kinds, " or "))
		}
	}
	for kind, refs := range r.References {
		if !slices.Contains([]string{"image", "file", "git"}, kind) {
			return fmt.Errorf("references: there is no kind %s; there are image, file and git", kind)
		}
		for _, setting := range []string{refs.Only, refs.Mirrors, refs.Except} {
			if setting != "" && !slices.Contains(r.Reads(), setting) {
				return fmt.Errorf("references: %s: %s is none of the rule's settings", kind, setting)
			}
		}
		for from, t := range refs.To {
			if err := r.checkTemplate("references: "+kind+": "+from, t); err != nil {
				return err
			}
		}
	}
	return nil
}

// unquotable tells which characters a value must not hold, because not every
// builder reads them alike, whatever quotes are around them. A single quote is
// itself within double ones.
func unquotable(c rune) bool {
	return c < ' ' || c == 0x7f || strings.ContainsRune("\"\\`$", c)
}

const fileNameChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-/"

// predefined are the proxy arguments that every builder knows.
var predefined = []string{"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"}

// ProxyHosts is the variable with which a template asks for the hosts that need
// no proxy: this machine and those of all settings, with commas between.
const ProxyHosts = "PROXY_HOSTS"

func (r *Rule) checkTemplate(where string, t Text) error {
	if !t.there() {
		return fmt.Errorf("%s: the template is missing", where)
	}
	for _, v := range t.reads {
		if v != ProxyHosts && !slices.Contains(r.Reads(), v) {
			message := fmt.Sprintf("%s: the template reads %s, which is none of the rule's settings: name it with the key setting, or, or settings", where, v)
			return &placedError{t.line, t.column, message}
		}
	}
	return nil
}

func validSetting(s string) bool {
	return validVariable(s) && s == strings.ToUpper(s)
}

func validVariable(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" && (s[0] < '0' || s[0] > '9')
}
