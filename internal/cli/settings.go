package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/tplproxy/tplproxy/internal/tutor"
	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

const envPrefix = "TPLPROXY_"

// A setup is the rules and settings from everywhere they may come from, and the
// Rewriter made of them.
type setup struct {
	*rewrite.Rewriter
	set      *rules.Set
	settings rules.Settings
	values   map[string]string // nil until they are asked for
}

// setup gathers what counts for the paths.
func (a *app) setup(o *options, paths []string) (*setup, error) {
	set, err := ruleSet(o)
	if err != nil {
		return nil, err
	}
	settings, err := a.settings(o, set, paths)
	if err != nil {
		return nil, err
	}
	// The settings of rules that are left out are no typing errors.
	if err := set.Select(o.only, o.skip); err != nil {
		return nil, fmt.Errorf("tplproxy: %w", err)
	}
	known := set.Settings()
	for name := range settings {
		if !slices.Contains(known, name) {
			delete(settings, name)
		}
	}
	rw, err := rewrite.New(set, settings)
	return &setup{Rewriter: rw, set: set, settings: settings}, err
}

func ruleSet(o *options) (*rules.Set, error) {
	set, err := rules.Builtin()
	if err != nil {
		return nil, err
	}
	for _, name := range o.rules {
		list, err := rules.Load(name)
		if err != nil {
			return nil, err
		}
		set.Add(list...)
	}
	return set, set.Check()
}

// settings gathers them; the last wins: config.yml, the environment, --set.
func (a *app) settings(o *options, set *rules.Set, paths []string) (rules.Settings, error) {
	known := set.Settings()
	settings := rules.Settings{}
	config, err := configFile(o, paths)
	if err != nil {
		return nil, err
	}
	if config != "" {
		values, err := tutor.Read(config, known)
		if err != nil {
			return nil, err
		}
		for name, v := range values {
			settings[name] = rules.Setting{Value: v.Text, Source: fmt.Sprintf("%s:%d", config, v.Line)}
		}
	}
	var errs []error
	for _, e := range a.Environ {
		name, value, _ := strings.Cut(e, "=")
		setting, ok := strings.CutPrefix(name, envPrefix)
		if !ok {
			continue
		}
		if !slices.Contains(known, setting) {
			// Others may have variables that begin so; a typing error is told.
			if near := rules.Nearest(setting, known); near != "" {
				errs = append(errs, fmt.Errorf("the environment variable %s: there is no setting %s; did you mean %s?", name, setting, envPrefix+near))
			}
			continue
		}
		settings[setting] = rules.Setting{Value: value, Source: "the environment variable " + name}
	}
	for _, s := range o.set {
		name, value, ok := strings.Cut(s, "=")
		if !ok {
			errs = append(errs, fmt.Errorf("--set %s: a setting is NAME=VALUE", s))
			continue
		}
		if !slices.Contains(known, name) {
			errs = append(errs, fmt.Errorf("--set: %w", rules.Unknown("setting", name, known)))
			continue
		}
		settings[name] = rules.Setting{Value: value, Source: "--set"}
	}
	if config != "" {
		errs = append(errs, addImages(settings, set, config))
	}
	return settings, errors.Join(errs...)
}

// addImages adds the images that the user's config.yml names to the settings that
// list images: they may have been built on this machine.
func addImages(settings rules.Settings, set *rules.Set, config string) error {
	images, err := tutor.Images(config)
	if err != nil || len(images) == 0 {
		return err
	}
	for _, name := range set.Settings() {
		if set.Declared(name).Kind != rules.Images {
			continue
		}
		s, given := settings[name]
		if !given {
			s = rules.Setting{Value: set.Declared(name).Default.String(), Source: config}
		}
		s.Value = strings.TrimPrefix(s.Value+","+strings.Join(images, ","), ",")
		settings[name] = s
	}
	return nil
}

// configFile gives the config.yml that applies to all paths, or "".
func configFile(o *options, paths []string) (string, error) {
	if o.config != "" {
		return o.config, nil
	}
	found := ""
	for _, p := range paths {
		if p == "-" {
			continue
		}
		config := shortest(tutor.Config(p))
		switch {
		case config == "" || config == found:
		case found == "":
			found = config
		default:
			return "", fmt.Errorf("%s and %s both belong to one of the paths; say with --config which of them counts", found, config)
		}
	}
	return found, nil
}

// shortest gives an absolute path relative to the working directory where that
// is below or near it.
func shortest(abs string) string {
	wd, err := os.Getwd()
	if abs == "" || err != nil {
		return abs
	}
	rel, err := filepath.Rel(wd, abs)
	if err != nil || strings.HasPrefix(rel, filepath.Join("..", "..")) {
		return abs
	}
	return rel
}
