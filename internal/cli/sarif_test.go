package cli

import (
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"
	"github.com/xeipuuv/gojsonschema"

	"github.com/tplproxy/tplproxy/rewrite"
)

// sarifSchema is the JSON schema of SARIF 2.1.0. go-sarif holds it as a constant
// of its own, and validates only what went through its types, which add
// properties and drop others: so the constant is read from its source.
var sarifSchema = sync.OnceValues(func() (*gojsonschema.Schema, error) {
	pkg, err := build.Import("github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif", ".", build.FindOnly)
	if err != nil {
		return nil, err
	}
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, "schema.go"), nil, 0)
	if err != nil {
		return nil, err
	}
	for node := range ast.Preorder(file) {
		if text, ok := node.(*ast.BasicLit); ok && strings.Contains(text.Value, "sarif-schema-2.1.0.json") {
			schema, err := strconv.Unquote(text.Value)
			if err != nil {
				return nil, err
			}
			return gojsonschema.NewSchema(gojsonschema.NewStringLoader(schema))
		}
	}
	return nil, errors.New("there is no schema in " + pkg.Dir)
})

// validate checks a log against the schema, which allows no property that it does
// not name.
func validate(log string) error {
	schema, err := sarifSchema()
	if err != nil {
		return err
	}
	result, err := schema.Validate(gojsonschema.NewStringLoader(log))
	if err != nil {
		return err
	}
	var errs []error
	for _, e := range result.Errors() {
		errs = append(errs, errors.New(e.String()))
	}
	return errors.Join(errs...)
}

// sarifOf scans a path and gives the log, raw and decoded.
func sarifOf(t *testing.T, args ...string) (string, *sarif.Report) {
	t.Helper()
	log := output(append([]string{"scan", "--format=sarif"}, args...), true)
	if err := validate(log); err != nil {
		t.Fatalf("%q: %v\n%s", args, err, log)
	}
	report, err := sarif.FromString(log)
	if err != nil {
		t.Fatal(err)
	}
	return log, report
}

// TestSARIFSchema holds scans of all kinds of Dockerfiles against the schema.
func TestSARIFSchema(t *testing.T) {
	fixtures := filepath.Join("..", "..", "fixtures")
	config := "--config=" + filepath.Join(fixtures, "config.yml")
	bad := filepath.Join(t.TempDir(), "Dockerfile")
	if err := os.WriteFile(bad, []byte("FROM a\nFROM {{ X }}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{filepath.Join(fixtures, "dockerfiles")},
		{config, filepath.Join(fixtures, "dockerfiles")},
		{config, filepath.Join(fixtures, "env")},
		{config, filepath.Join(fixtures, "golden", "env")},
		{bad, filepath.Join(fixtures, "env")},
		{"-"},
	} {
		log, report := sarifOf(t, args...)
		run := report.Runs[0]
		known := map[string]int{}
		for i, rule := range run.Tool.Driver.Rules {
			known[*rule.ID] = i
		}
		prints := map[string]bool{}
		for _, r := range run.Results {
			if i, ok := known[*r.RuleID]; !ok || i != r.RuleIndex {
				t.Errorf("%q: the rule %s is not declared at its index %d", args, *r.RuleID, r.RuleIndex)
			}
			if p := r.PartialFingerprints[fingerprint]; p == "" || prints[p] {
				t.Errorf("%q: the fingerprint %q is not the result's own: %s", args, p, *r.Message.Text)
			} else {
				prints[p] = true
			}
		}
		if strings.Contains(log, "hunter2") {
			t.Errorf("%q: a password is shown", args)
		}
	}
}

// TestSARIFSchemaRefuses breaks a log: the schema must tell.
func TestSARIFSchemaRefuses(t *testing.T) {
	log, _ := sarifOf(t, filepath.Join("..", "..", "fixtures", "env"))
	for old, new := range map[string]string{
		`"level": "warning"`:    `"level": "bad"`,
		`"ruleIndex"`:           `"ruleindx"`,
		`"startLine": `:         `"startLine": -`,
		`"version": "2.1.0"`:    `"version": "2.0"`,
		`"name": "tplproxy",`:   ``,
		`"executionSuccessful"`: `"successful"`,
	} {
		broken := strings.ReplaceAll(log, old, new)
		if broken == log {
			t.Errorf("%s is not in the log", old)
		}
		if validate(broken) == nil {
			t.Errorf("the schema allows %s", new)
		}
	}
}

// TestSARIFLines looks at a rewritten file: a result points to the line on disk.
// Its fingerprint is the one that it had before.
func TestSARIFLines(t *testing.T) {
	t.Chdir(t.TempDir())
	const src = "FROM docker.io/debian:12\nRUN pip install x\nRUN poetry install\nCOPY --from=ghcr.io/astral-sh/uv:1 \\\n  /uv /\n"
	if err := os.WriteFile("Dockerfile", []byte(src), 0o666); err != nil {
		t.Fatal(err)
	}
	settings := []string{"--set=PIP_INDEX_URL=https://pypi.acme.example/simple", "--set=DOCKER_MIRROR_URL=https://mirror.acme.example"}
	_, before := sarifOf(t, append(settings, "Dockerfile")...)
	output(append([]string{"rewrite", "Dockerfile"}, settings...), false)
	_, after := sarifOf(t, append(settings, "Dockerfile")...)
	rewritten, err := os.ReadFile("Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(rewritten), "\n")
	prints := map[string]bool{}
	for _, r := range before.Runs[0].Results {
		prints[r.PartialFingerprints[fingerprint]] = true
	}
	found := 0
	for _, r := range after.Runs[0].Results {
		region := r.Locations[0].PhysicalLocation.Region
		if got := strings.Join(lines[*region.StartLine-1:*region.EndLine], "\n") + "\n"; !strings.Contains(src, got) {
			t.Errorf("%s: it is said to be\n%s", *r.Message.Text, got)
		}
		if !prints[r.PartialFingerprints[fingerprint]] {
			t.Errorf("%s: another fingerprint than before", *r.Message.Text)
		}
		found++
	}
	if found != 2 {
		t.Errorf("%d results, not poetry and ghcr.io: %s", found, rewritten)
	}
}

// TestURI names files as a review tool looks for them.
func TestURI(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "repository"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Join(dir, "repository"))
	root := "file:///" + strings.TrimPrefix(filepath.ToSlash(dir), "/")
	for name, want := range map[string]string{
		"env/build/openedx/Dockerfile": "env/build/openedx/Dockerfile",
		"./Dockerfile":                 "Dockerfile",
		"-":                            "Dockerfile",
		"a b/ü#1?/100%/Dockerfile":     "a%20b/%C3%BC%231%3F/100%25/Dockerfile",
		"a:b":                          "./a:b",
		"../env/Dockerfile":            root + "/env/Dockerfile",
		filepath.Join(dir, "repository", "x", "y"):   "x/y",
		filepath.Join(dir, "elsewhere", "Docker #1"): root + "/elsewhere/Docker%20%231",
	} {
		if got := uri(name); got != want {
			t.Errorf("%s is said to be at %s, not %s", name, got, want)
		}
	}
}

// TestMessage keeps what is no placeholder and no link from being one.
func TestMessage(t *testing.T) {
	got := message(rewrite.Download{
		Instruction: "RUN", Commands: []string{"curl https://a/{b,c} '[d](1)'", "curl -u https://x:hunter2@e"}, Upstreams: []string{"a", "e"},
		Status: rewrite.Overridden, Reason: "it is so", Fix: "do {0}",
	})
	const want = `RUN curl https://a/{{b,c}} '[d\](1)'; curl -u https://***@e (from a, e) does not go through a proxy (overridden): it is so. To change that: do {{0}}.`
	if got != want {
		t.Errorf("%s\nnot\n%s", got, want)
	}
}
