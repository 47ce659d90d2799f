package rewrite_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"github.com/tplproxy/tplproxy/rewrite"
)

// others are settings that differ from proxies, so that rules turn off and
// values change.
var others = map[string]string{
	"APT_PROXY_URL":  "https://apt.example:8443/",
	"PIP_INDEX_URL":  "https://[2001:db8::1]/root/pypi/+simple/",
	"HTTP_PROXY_URL": "http://127.0.0.1:3128",
	"GIT_MIRROR_URL": "https://git.example/mirror/",
	"DOCKER_MIRRORS": "docker.io=http://127.0.0.1:5000",
}

// laws checks what holds for every Dockerfile.
func laws(t *testing.T, rw, other *rewrite.Rewriter, src []byte) {
	t.Helper()
	clean, err := rewrite.Restore(src)
	if err != nil {
		return
	}
	result, err := rw.Rewrite(src)
	if err != nil {
		var place *rewrite.Error
		if !errors.As(err, &place) {
			t.Fatalf("the error is no *Error: %v", err)
		}
		return
	}
	out := result.Output

	restored, err := rewrite.Restore(out)
	if err != nil || !bytes.Equal(restored, clean) {
		t.Fatalf("Restore(Rewrite(x)) is not Restore(x): %v\n%q\n%q", err, restored, clean)
	}
	again, err := rw.Rewrite(out)
	if err != nil || !bytes.Equal(again.Output, out) {
		t.Fatalf("Rewrite(Rewrite(x)) is not Rewrite(x): %v\n%s", err, out)
	}
	replaced, err := other.Rewrite(out)
	if err != nil {
		t.Fatalf("a rewrite with other settings fails: %v", err)
	}
	back, err := rw.Rewrite(replaced.Output)
	if err != nil || !bytes.Equal(back.Output, out) {
		t.Fatalf("a rewrite with other settings does not replace the earlier one: %v", err)
	}
	keepsInstructions(t, clean, out)
	if _, err := rw.Scan(out); err != nil {
		t.Fatalf("the result cannot be scanned: %v", err)
	}
}

// keepsInstructions parses both texts whole, with buildkit's parser alone, and
// checks that the one's instructions are all in the other, in order, and that
// the rest is ours.
func keepsInstructions(t *testing.T, before, after []byte) {
	t.Helper()
	parse := func(src []byte) []*parser.Node {
		result, err := parser.Parse(bytes.NewReader(src))
		if err != nil {
			t.Fatalf("it does not parse: %v\n%s", err, src)
		}
		return result.AST.Children
	}
	own := parse(before)
	for _, node := range parse(after) {
		if len(own) > 0 && (same(own[0], node) || changed(own[0], node)) {
			own = own[1:]
			continue
		}
		if !slices.Contains([]string{"arg", "env", "run", "user"}, strings.ToLower(node.Value)) {
			t.Fatalf("an instruction came from nowhere: %s", node.Original)
		}
	}
	if len(own) > 0 {
		t.Fatalf("an instruction is lost or changed: %s\n%s", own[0].Original, after)
	}
}

// changed tells whether one instruction is the other, but for words that begin
// with a mirror's address where there was something else, and those that rules
// put behind a program's name.
func changed(a, b *parser.Node) bool {
	text := func(n *parser.Node) string {
		all := n.Original
		for _, doc := range n.Heredocs {
			all += "\n" + doc.Content
		}
		return all
	}
	before, after := strings.Fields(text(a)), strings.Fields(text(b))
	for _, word := range after {
		if len(before) > 0 && before[0] == word {
			before = before[1:]
			continue
		}
		if strings.HasPrefix(word, "--mirror=") || strings.HasPrefix(word, "-I/tmp/.tplproxy") || strings.HasPrefix(word, "--proxy") {
			continue
		}
		if len(before) == 0 || !mirroredWord(before[0], word) {
			return false
		}
		before = before[1:]
	}
	return len(before) == 0 && strings.EqualFold(a.Value, b.Value)
}

// mirroredWord tells whether a word is the other with a mirror's address in it.
func mirroredWord(before, after string) bool {
	for _, mirror := range []string{
		"http://172.17.0.1:7766/https/", "http://172.17.0.1:7766/http/", "http://172.17.0.1:7767/", "172.17.0.1:7760/library/", "172.17.0.1:7760/",
		"172.17.0.1:7770/", "harbor.example/quay/", "https://git.example/mirror/", "127.0.0.1:5000/library/", "127.0.0.1:5000/",
		"172.17.0.1:7760/library", "172.17.0.1:7760", "127.0.0.1:5000/library", "127.0.0.1:5000",
	} {
		for _, origin := range []string{"https://", "http://", "docker.io/", "index.docker.io/", "ghcr.io/", "quay.io/", "docker.io", "ghcr.io", ""} {
			if strings.Contains(after, mirror) && strings.Replace(after, mirror, origin, 1) == before {
				return true
			}
		}
	}
	return false
}

func same(a, b *parser.Node) bool {
	return a.Original == b.Original && a.Dump() == b.Dump() && slices.Equal(a.Heredocs, b.Heredocs) && slices.Equal(a.Flags, b.Flags)
}

func TestLaws(t *testing.T) {
	rw, other := newRewriter(t, everything), newRewriter(t, others)
	for _, f := range readFixtures(t) {
		t.Run(f.name, func(t *testing.T) { laws(t, rw, other, f.src) })
	}
}

func FuzzLaws(f *testing.F) {
	for _, fixture := range readFixtures(f) {
		f.Add(fixture.src)
	}
	rw, other := newRewriter(f, everything), newRewriter(f, others)
	f.Fuzz(func(t *testing.T, src []byte) { laws(t, rw, other, src) })
}

// FuzzSteps puts a Dockerfile together from pieces that matter, which random
// bytes seldom do.
func FuzzSteps(f *testing.F) {
	f.Add([]byte{0, 1, 2, 3}, []byte("\n"))
	f.Add([]byte{5, 9, 12, 30, 31, 32, 33, 2, 2, 8}, []byte("\r\n"))
	rw, other := newRewriter(f, everything), newRewriter(f, others)
	f.Fuzz(func(t *testing.T, steps, end []byte) {
		eol := "\n"
		if len(end) > 1 {
			eol = "\r\n"
		}
		var b strings.Builder
		b.WriteString("FROM docker.io/library/debian:12 AS base" + eol)
		// More steps are only slower: no law looks further than a few of them.
		for _, s := range steps[:min(len(steps), 32)] {
			b.WriteString(strings.ReplaceAll(pieces[int(s)%len(pieces)], "\n", eol) + eol)
		}
		src := b.String()
		if len(end)%2 == 0 {
			src = strings.TrimRight(src, "\r\n")
		}
		laws(t, rw, other, []byte(src))
	})
}

var pieces = []string{
	"RUN apt-get update && apt-get install -y curl",
	"RUN pip install -r requirements.txt",
	"RUN npm ci --registry=$NPM_REGISTRY",
	"RUN gem install rake && bundle install",
	"RUN curl -fsSL https://example.org/a | tar xz && wget https://example.org/b",
	"RUN uv pip install x && pip install y && npm ci && apt-get update",
	"RUN echo nothing",
	"ARG NPM_REGISTRY=https://registry.npmjs.org/",
	"ENV PIP_INDEX_URL=https://pypi.org/simple",
	"ENV PIP_TRUSTED_HOST=\"a b\"",
	"ARG CURL_HOME",
	"USER root",
	"ARG APP_UID=1000\nUSER ${APP_UID}",
	"USER app",
	"WORKDIR /srv",
	"WORKDIR /srv/$PIP_INDEX_URL",
	"LABEL a=b",
	"COPY a b",
	"COPY <<EOF /etc/x\n$npm_config_registry\nEOF",
	"# a comment",
	"",
	"#",
	"# check=skip=all",
	"FROM base AS next",
	"FROM docker.io/library/ruby:3 AS other",
	"FROM scratch",
	"RUN <<EOF\npip install x\nEOF",
	"RUN bash <<'EOF' && npm ci\napt-get update\nEOF",
	"RUN [\"apt-get\", \"install\", \"-y\", \"git\"]",
	"RUN pip install \\\n    # in between\n    x",
	"RUN --mount=type=cache,target=/root/.cache pip install x",
	"RUN --network=none pip install x",
	"RUN --mount=type=cache,target=/tmp gem install x",
	"SHELL [\"/bin/bash\", \"-c\"]",
	"ONBUILD RUN pip install x",
	"CMD [\"a\"]",
	"ENTRYPOINT x",
	"RUN su app -c 'pip install x' && sudo apt-get update",
	"RUN cat <<EOF\n# >>> tplproxy: begin proxy pip >>>\nEOF",
	"RUN yarn install && pnpm install && npx foo",
	"run pip install x",
	"RUN pip install x \\",
	"ADD https://example.org/c /c",
	"VOLUME /tmp",
	"FROM ubuntu:22.04 AS named",
	"# a description\nFROM ghcr.io/acme/tool",
	"from debian:12",
	"COPY --from=docker.io/acme/tool:1 /a /b",
	"COPY --from=named /a /b",
	"RUN --mount=type=bind,from=alpine:3,target=/m curl -O https://example.org/m",
	"ARG REPO=https://github.com/acme/x.git",
	"ADD --keep-git-dir $REPO#main /x",
	"ADD https://github.com/acme/y.git#v1 https://example.org/z.tgz ./",
	"RUN git clone https://github.com/acme/z && cd z && git fetch origin",
	"RUN nodeenv /n && ./gradlew -v",
	"RUN pyenv install 3.12 && atlas pull && make pull_translations",
	"RUN curl -fsSL \\\n  # a comment\n  \"https://example.org/$A\" \\\n  -o x",
	"RUN <<-EOF\n\tcurl -O 'https://example.org/q'\n\tnodeenv /n\nEOF",
	"RUN cat <<EOF && wget https://example.org/w\nhttps://example.org/w\nEOF",
	"# check=skip=JSONArgsRecommended\nCOPY --from=busybox:1 /a /b",
}
