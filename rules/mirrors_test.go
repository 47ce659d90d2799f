package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// one gives a rule as it is with the settings, NAME=VALUE each.
func one(t *testing.T, rule string, settings ...string) *Resolved {
	t.Helper()
	given := Settings{}
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		given[name] = Setting{value, "--set"}
	}
	list, err := builtinRules(t).Resolve(given)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(r *Resolved) bool { return r.Name == rule })
	if i < 0 {
		t.Fatalf("there is no rule %s", rule)
	}
	return list[i]
}

// TestDerived are settings that default to a place below FILES_MIRROR_URL.
func TestDerived(t *testing.T) {
	for _, test := range []struct{ rule, settings, want string }{
		{"pyenv", "FILES_MIRROR_URL=http://m/f/", "http://m/f/https/www.python.org/ftp/python"},
		{"pyenv", "FILES_MIRROR_URL=http://m PYTHON_BUILD_MIRROR_URL=http://p/x/", "http://p/x"},
		{"pyenv", "FILES_MIRROR_URL=http://m PYTHON_BUILD_MIRROR_URL=", ""}, // turned off
		{"pyenv", "FILES_MIRROR_URL=http://m PYTHON_BUILD_MIRROR_URL=https://www.python.org/ftp/python/", ""},
		{"pyenv", "", ""},
		{"pyenv", "FILES_MIRROR_URL=http://m FILES_MIRROR_HOSTS=github.com", ""},
		{"pyenv", "FILES_MIRROR_URL=http://m FILES_MIRROR_HOSTS=github.com,www.python.org", "http://m/https/www.python.org/ftp/python"},
		{"nodeenv", "FILES_MIRROR_URL=http://m FILES_MIRROR_HOSTS=github.com", ""},
		{"gradle", "FILES_MIRROR_URL=http://m FILES_MIRROR_HOSTS=github.com", ""},
		{"nodeenv", "FILES_MIRROR_URL=http://m", "http://m/https/nodejs.org/download/release"},
		{"gradle", "FILES_MIRROR_URL=http://m", "http://m/https/repo.maven.apache.org/maven2"},
		{"gradle", "MAVEN_MIRROR_URL=http://nexus/repository/maven-public", "http://nexus/repository/maven-public"},
	} {
		r := one(t, test.rule, strings.Fields(test.settings)...)
		if r.URL != test.want || r.On != (test.want != "") {
			t.Errorf("%s with %s: %q, on %v", test.rule, test.settings, r.URL, r.On)
		}
	}
	if r := one(t, "pyenv"); r.Off != "PYTHON_BUILD_MIRROR_URL is not set" || r.Fix != "set PYTHON_BUILD_MIRROR_URL or FILES_MIRROR_URL" {
		t.Errorf("off %q, fix %q", r.Off, r.Fix)
	}
}

// TestSeveralSettings are rules that more than one setting turns on: what belongs
// to one that is not there is not set.
func TestSeveralSettings(t *testing.T) {
	curl := one(t, "curl", "FILES_MIRROR_URL=http://m")
	if !curl.On || curl.URL != "" || len(curl.Env)+len(curl.Files) > 0 || curl.References["file"].To["https://"] != "http://m/https/" {
		t.Errorf("curl with a mirror alone: %+v", curl)
	}
	curl = one(t, "curl", "HTTP_PROXY_URL=http://p")
	if !curl.On || len(curl.Env) != 2 || len(curl.Files) != 2 || len(curl.References["file"].To) > 0 || curl.References["file"].Off != "FILES_MIRROR_URL is not set" {
		t.Errorf("curl with a proxy alone: %+v", curl)
	}
	if off := one(t, "curl").Off; off != "neither HTTP_PROXY_URL nor FILES_MIRROR_URL is set" {
		t.Errorf("curl is off: %s", off)
	}
	sdk := one(t, "android-sdk", "HTTP_PROXY_URL=http://p")
	if len(sdk.Env) > 0 || sdk.Arguments["sdkmanager"] != "--proxy=http --proxy_host=p --proxy_port=80" {
		t.Errorf("android-sdk with a proxy: %v, %v", sdk.Env, sdk.Arguments)
	}
	sdk = one(t, "android-sdk", "HTTP_PROXY_URL=http://p:3128", "FILES_MIRROR_URL=http://m/")
	if sdk.Env["SDK_TEST_BASE_URL"] != "http://m/https/dl.google.com/android/repository/" || len(sdk.Arguments) > 0 {
		t.Errorf("android-sdk with a mirror: %v, %v", sdk.Env, sdk.Arguments)
	}
	sdk = one(t, "android-sdk", "HTTP_PROXY_URL=https://p", "FILES_MIRROR_URL=http://m/", "FILES_MIRROR_HOSTS=github.com")
	if len(sdk.Env)+len(sdk.Arguments) > 0 {
		t.Errorf("android-sdk with a mirror that lacks it, and a proxy with TLS: %v, %v", sdk.Env, sdk.Arguments)
	}
	add := one(t, "add", "GIT_MIRROR_URL=http://g")
	if !add.On || len(add.References["file"].To) > 0 || add.References["git"].To["https://"] != "http://g/" || !slices.Contains(add.References["git"].Hosts, "github.com") {
		t.Errorf("add: %+v", add.References)
	}
}

func TestMirrors(t *testing.T) {
	to := func(settings ...string) map[string]string { return one(t, "image", settings...).References["image"].To }
	for _, test := range []struct {
		settings string
		want     map[string]string
	}{
		{"DOCKER_MIRROR_URL=http://m:5000", map[string]string{"docker.io": "m:5000"}},
		{"DOCKER_MIRROR_URL=https://m.example/proxy/hub/", map[string]string{"docker.io": "m.example/proxy/hub"}},
		{"DOCKER_MIRRORS=ghcr.io=http://g:1,quay.io=https://q.example/x/", map[string]string{"ghcr.io": "g:1", "quay.io": "q.example/x"}},
		{"DOCKER_MIRROR_URL=http://localhost DOCKER_MIRRORS=ghcr.io=http://g:80", map[string]string{"docker.io": "localhost", "ghcr.io": "g:80"}},
		{"DOCKER_MIRROR_URL=https://docker.io", map[string]string{}},
		{"", map[string]string{}},
	} {
		if got := to(strings.Fields(test.settings)...); !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.settings, got, test.want)
		}
	}
}

func TestGitParameters(t *testing.T) {
	for settings, want := range map[string]string{
		"GIT_MIRROR_URL=http://g/ GIT_MIRROR_HOSTS=github.com":         "'url.http://g/github.com/.insteadOf=https://github.com/'",
		"GIT_MIRROR_URL=http://g GIT_MIRROR_HOSTS=a.example,b.example": "'url.http://g/a.example/.insteadOf=https://a.example/' 'url.http://g/b.example/.insteadOf=https://b.example/'",
	} {
		for _, rule := range []string{"git", "atlas"} {
			if got := one(t, rule, strings.Fields(settings)...).Env["GIT_CONFIG_PARAMETERS"]; got != want {
				t.Errorf("%s with %s: %s, want %s", rule, settings, got, want)
			}
		}
	}
}

// TestKindErrors are settings that are no single URL, or one that others begin
// with.
func TestKindErrors(t *testing.T) {
	for _, test := range []struct{ name, value, want string }{
		{"GIT_MIRROR_HOSTS", "https://github.com", `GIT_MIRROR_HOSTS=https://github.com holds "https://github.com", which is no host name; they stand with commas between`},
		{"GIT_MIRROR_HOSTS", "a b", `GIT_MIRROR_HOSTS=a b holds "a b", which is no host name; they stand with commas between`},
		{"DOCKER_MIRRORS", "http://m", `DOCKER_MIRRORS=http://m holds "http://m", which is no HOST=URL; they stand with commas between`},
		{"DOCKER_MIRRORS", "ghcr.io=m:5000", `DOCKER_MIRRORS=ghcr.io=m:5000 for ghcr.io does not begin with http:// or https://`},
		{"DOCKER_MIRRORS", "ghcr.io=http://u:secret@m x", `DOCKER_MIRRORS=ghcr.io=http://***@m x for ghcr.io holds ' ', which a shell or a Dockerfile could take for something else`},
		{"FILES_MIRROR_URL", "http://m/a;b", `FILES_MIRROR_URL=http://m/a;b holds ';', which a command or an instruction could take for something else`},
		{"FILES_MIRROR_URL", "http://[::1]/", `FILES_MIRROR_URL=http://[::1]/ holds '[', which a command or an instruction could take for something else`},
		{"DOCKER_MIRROR_URL", "http://mirror", "DOCKER_MIRROR_URL: mirror/… is no registry to docker, which wants a host with a dot or a port, and a path of small letters"},
		{"DOCKER_MIRROR_URL", "http://m:1/Hub", "DOCKER_MIRROR_URL: m:1/Hub/… is no registry to docker, which wants a host with a dot or a port, and a path of small letters"},
		{"DOCKER_MIRRORS", "ghcr.io=http://m/", "DOCKER_MIRRORS: m/… is no registry to docker, which wants a host with a dot or a port, and a path of small letters"},
		{"FILES_MIRROR_URL", "m", "FILES_MIRROR_URL=m does not begin with http:// or https://"},
	} {
		_, err := builtinRules(t).Resolve(Settings{test.name: {test.value, ""}})
		if err == nil || err.Error() != test.want {
			t.Errorf("%s=%s\ngot:  %v\nwant: %s", test.name, test.value, err, test.want)
		}
	}
}

// TestPasswords looks for one in every setting that a rule is rendered with.
func TestPasswords(t *testing.T) {
	for _, test := range []struct{ rule, settings string }{
		{"image", "DOCKER_MIRRORS=ghcr.io=http://u:p@m:1"},
		{"add", "GIT_MIRROR_URL=http://u:p@m"},
		{"pyenv", "FILES_MIRROR_URL=http://u:p@m"},
		{"git", "GIT_MIRROR_URL=http://u@m"},
	} {
		if r := one(t, test.rule, test.settings); !r.Password() {
			t.Errorf("%s with %s: no password is seen", test.rule, test.settings)
		}
	}
}
