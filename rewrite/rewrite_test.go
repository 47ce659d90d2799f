package rewrite_test

import (
	"testing"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

// proxies are settings for all built-in rules.
var proxies = map[string]string{
	"APT_PROXY_URL":  "http://172.17.0.1:7761",
	"PIP_INDEX_URL":  "http://172.17.0.1:7762/simple",
	"NPM_REGISTRY":   "http://172.17.0.1:7763",
	"GEM_SOURCE_URL": "http://172.17.0.1:7764",
	"HTTP_PROXY_URL": "http://172.17.0.1:7765",
}

func newRewriter(t testing.TB, values map[string]string) *rewrite.Rewriter {
	t.Helper()
	set, err := rules.Builtin()
	if err != nil {
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
