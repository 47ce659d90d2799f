package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// SARIF 2.1.0, as far as it is written here: a log for tools that show results
// in a code review (https://docs.oasis-open.org/sarif/sarif/v2.1.0/).
type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifDriver struct {
	Name           string      `json:"name"`
	Version        string      `json:"version"`
	InformationURI string      `json:"informationUri"`
	Rules          []sarifRule `json:"rules"`
}

// GitHub shows the short description as the title of an alert, and the help
// below it.
type sarifRule struct {
	ID               string    `json:"id"`
	ShortDescription sarifText `json:"shortDescription"`
	FullDescription  sarifText `json:"fullDescription"`
	Help             sarifText `json:"help"`
	HelpURI          string    `json:"helpUri"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications,omitempty"`
}

type sarifNotification struct {
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations,omitempty"`
}

type sarifResult struct {
	RuleID              string            `json:"ruleId"`
	RuleIndex           int               `json:"ruleIndex"`
	Level               string            `json:"level"`
	Message             sarifText         `json:"message"`
	Locations           []sarifLocation   `json:"locations"`
	PartialFingerprints map[string]string `json:"partialFingerprints"`
	Properties          sarifProperties   `json:"properties"`
}

type sarifProperties struct {
	Status    rewrite.Status `json:"status"`
	Upstreams []string       `json:"upstreams"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	} `json:"physicalLocation"`
}

type sarifRegion struct {
	StartLine int `json:"startLine"`
	EndLine   int `json:"endLine"`
}

const (
	home = "https://github.com/tplproxy/tplproxy"

	// unresolved is the rule of a download that could be any rule's.
	unresolved = "unresolved"

	// fingerprint is the name of ours; the number is that of what goes into it.
	// GitHub's own, primaryLocationLineHash, is left to GitHub, which makes it
	// from the file's lines and warns of another.
	fingerprint = "tplproxyDownload/v1"
)

// newSARIF gives a report as SARIF: a result for each download that is not
// proxied, a notification for each error.
func newSARIF(r *report, resolved []*rules.Resolved, errs []error) sarifLog {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "tplproxy", Version: version(), InformationURI: home, Rules: sarifRules(resolved)}
	index := map[string]int{}
	for i, rule := range run.Tool.Driver.Rules {
		index[rule.ID] = i
	}
	invocation := sarifInvocation{ExecutionSuccessful: len(errs) == 0}
	for _, err := range errs {
		invocation.Notifications = append(invocation.Notifications, notification(err))
	}
	run.Invocations = []sarifInvocation{invocation}
	for _, f := range r.Files {
		for _, result := range f.results() {
			result.RuleIndex = index[result.RuleID]
			run.Results = append(run.Results, result)
		}
	}
	return sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}
}

func sarifRules(resolved []*rules.Resolved) []sarifRule {
	var list []sarifRule
	for _, r := range resolved {
		set := strings.Join(r.TurnOn(), " or ")
		list = append(list, sarifRule{
			ID:               r.Name,
			ShortDescription: sarifText{"A download without a proxy: " + plain(r.About)},
			FullDescription:  sarifText{fmt.Sprintf("The build downloads %s, and not through the proxy that %s names.", plain(r.About), set)},
			Help:             sarifText{fmt.Sprintf("Set %s and run tplproxy rewrite before the build. tplproxy rules %s shows what is set then.", set, r.Name)},
			HelpURI:          home + "#settings",
		})
	}
	return append(list, sarifRule{
		ID:               unresolved,
		ShortDescription: sarifText{"What may be a download cannot be resolved"},
		FullDescription:  sarifText{"The Dockerfile does not tell which command is run here, and it could be one that downloads."},
		Help:             sarifText{"Name the program in the Dockerfile, or give its variable a value there."},
		HelpURI:          home + "#what-it-does-not-do",
	})
}

// results lists what a file downloads without a proxy.
func (f fileReport) results() []sarifResult {
	line := linesOnDisk(f.in.src)
	seen := map[string]int{}
	var list []sarifResult
	for _, d := range f.Downloads {
		id := f.identity(d)
		seen[id]++
		if d.Status == rewrite.Proxied {
			continue
		}
		rule := d.Rule
		if rule == "" {
			rule = unresolved
		}
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", id, seen[id]))
		list = append(list, sarifResult{
			RuleID:              rule,
			Level:               level(d.Status),
			Message:             sarifText{message(d)},
			Locations:           []sarifLocation{location(f.in.name, line(d.Line), line(d.EndLine))},
			PartialFingerprints: map[string]string{fingerprint: hex.EncodeToString(sum[:16])},
			Properties:          sarifProperties{d.Status, d.Upstreams},
		})
	}
	return list
}

// identity is what stays of a download where lines above it, the settings or its
// status change.
func (f fileReport) identity(d rewrite.Download) string {
	parts := append([]string{uri(f.in.name), d.Stage, d.Instruction, d.Rule}, d.Commands...)
	return strings.Join(append(parts, d.Upstreams...), "\x00")
}

// level says how bad a result is. Nothing here is an error: the build works, it
// only downloads from the origin. What a rewrite mends is a note, for the
// Dockerfile needs no change; the rest somebody must decide on.
func level(s rewrite.Status) string {
	if s == rewrite.Wrappable {
		return "note"
	}
	return "warning"
}

// message says in a sentence or two what is downloaded, why not through a proxy,
// and what would change that.
func message(d rewrite.Download) string {
	text := d.Instruction + " " + strings.Join(d.Commands, "; ")
	if len(d.Upstreams) > 0 {
		text += " (from " + strings.Join(d.Upstreams, ", ") + ")"
	}
	switch {
	case d.Status == rewrite.Wrappable:
		text += " does not go through a proxy yet; tplproxy rewrite wraps it."
		if d.Reason != "" {
			text += " To know: " + d.Reason + "."
		}
	default:
		text += " does not go through a proxy (" + string(d.Status) + "): " + d.Reason + "."
		if d.Fix != "" {
			text += " To change that: " + d.Fix + "."
		}
	}
	return plain(rules.Mask(text))
}

// plain keeps what SARIF would take for a placeholder or a link (3.11.5, 3.11.6)
// from being one.
func plain(text string) string {
	return strings.NewReplacer("{", "{{", "}", "}}", "](", `\](`).Replace(text)
}

func notification(err error) sarifNotification {
	n := sarifNotification{Level: "error", Message: sarifText{plain(rules.Mask(err.Error()))}}
	var e *placedError
	if errors.As(err, &e) {
		n.Locations = []sarifLocation{location(e.name, e.line, e.line)}
	}
	return n
}

func location(name string, start, end int) sarifLocation {
	var l sarifLocation
	l.Physical.Artifact.URI = uri(name)
	if start > 0 {
		l.Physical.Region = &sarifRegion{start, end}
	}
	return l
}

// uri names a file relative to the working directory: a review tool, started at
// the root of a repository, takes a relative URI for one from there (GitHub asks
// for exactly that, and for no base). A file that is elsewhere has an absolute
// one. The standard input is a Dockerfile, as in a diff.
func uri(name string) string {
	if name == "-" {
		name = "Dockerfile"
	}
	path := filepath.FromSlash(name)
	wd, err := os.Getwd()
	if err != nil {
		return (&url.URL{Path: filepath.ToSlash(filepath.Clean(path))}).String()
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(wd, path)
	}
	if rel, err := filepath.Rel(wd, path); err == nil && filepath.IsLocal(rel) {
		return (&url.URL{Path: filepath.ToSlash(rel)}).String()
	}
	path = filepath.ToSlash(filepath.Clean(path))
	return (&url.URL{Scheme: "file", Path: "/" + strings.TrimPrefix(path, "/")}).String()
}
