package rewrite_test

import (
	"maps"
	"testing"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// proxies are settings for the package managers' rules.
var proxies = map[string]string{
	"APT_PROXY_URL":  "http://172.17.0.1:7761",
	"PIP_INDEX_URL":  "http://172.17.0.1:7762/simple",
	"NPM_REGISTRY":   "http://172.17.0.1:7763",
	"GEM_SOURCE_URL": "http://172.17.0.1:7764",
	"HTTP_PROXY_URL": "http://172.17.0.1:7765",
}

// managers are the rules that proxies are for.
var managers = []string{"apt", "curl", "gem", "npm", "pip", "uv"}

// everything is settings for all built-in rules.
var everything = with(proxies, map[string]string{
	"DOCKER_MIRROR_URL":  "http://172.17.0.1:7760",
	"DOCKER_MIRRORS":     "ghcr.io=http://172.17.0.1:7770,quay.io=https://harbor.example/quay",
	"FILES_MIRROR_URL":   "http://172.17.0.1:7766",
	"GIT_MIRROR_URL":     "http://172.17.0.1:7767",
	"BOWER_REGISTRY_URL": "http://172.17.0.1:7768",
})

func with(all ...map[string]string) map[string]string {
	sum := map[string]string{}
	for _, m := range all {
		maps.Copy(sum, m)
	}
	return sum
}

// output is what a Dockerfile becomes.
func output(t testing.TB, rw *rewrite.Rewriter, src string) string {
	t.Helper()
	result, err := rw.Rewrite([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return string(result.Output)
}

// addRule adds a rule of a test's own to a set.
func addRule(t testing.TB, set *rules.Set, text string) {
	t.Helper()
	rule, err := rules.Parse("mine.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	set.Add(rule)
}

// builtin gives the built-in rules and those of a test's own.
func builtin(t testing.TB, own ...string) *rules.Set {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range own {
		addRule(t, set, text)
	}
	return set
}

// newRewriter gives one with those of the built-in rules, or with all.
func newRewriter(t testing.TB, values map[string]string, only ...string) *rewrite.Rewriter {
	t.Helper()
	set := builtin(t)
	if err := set.Select(only, nil); err != nil {
		t.Fatal(err)
	}
	settings := rules.Settings{}
	for name, value := range values {
		settings[name] = rules.Setting{Value: value, Source: "test"}
	}
	rw, err := rewrite.New(set, settings)
	if err != nil {
		t.Fatal(err)
	}
	return rw
}
