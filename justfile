# What a developer runs. `just` lists the recipes; CONTRIBUTING.md says when.

set shell := ["bash", "-euo", "pipefail", "-c"]

staticcheck := "honnef.co/go/tools/cmd/staticcheck@v0.8.2"

_default:
    @just --list --unsorted

# The tests.
test:
    go test ./...

# gofmt, go vet, staticcheck; none of them may say anything.
lint:
    @unformatted=$(gofmt -l .); if [ -n "$unformatted" ]; then echo "not formatted; run gofmt -w on:" $unformatted; exit 1; fi
    go vet ./...
    go run {{staticcheck}} ./...

# The tests with the race detector. It needs a C compiler.
race:
    go test -race ./...

# Every fuzz test: those of the laws with so many inputs each, the others with
# ten times as many. Inputs, not seconds: at the end of the seconds Go 1.26 may
# report its own deadline as a failure, https://go.dev/issue/75804
fuzz inputs="2000":
    #!/usr/bin/env bash
    set -euo pipefail
    # go test -list prints the names of a package, then "ok" and the package.
    targets=$(go test -list '^Fuzz' ./... | awk '/^Fuzz/ { names[n++] = $1 } $1 == "ok" { for (i = 0; i < n; i++) print $2, names[i]; n = 0 }')
    while read -r package target; do
        case $package in
            */rewrite) inputs={{inputs}} ;;
            *) inputs=$(( {{inputs}} * 10 )) ;;
        esac
        echo "== $target in $package, $inputs inputs"
        go test -run '^$' -fuzz "^$target\$" -fuzztime "${inputs}x" -fuzzminimizetime 100x "$package"
    done <<<"$targets"

# The figures of docs/performance.md; with an env dir, on that as well.
bench corpus=env("CORPUS", ""):
    .ci/bench {{quote(corpus)}}

# Renew the prepared rules and the golden results. Review what changed: git diff.
golden:
    go generate ./rules
    go test ./... -update

# The whole tool on a copy of a Tutor env dir; restore must give back every byte.
corpus path:
    .ci/corpus {{quote(path)}}

# Build and vet for every system that the tool is for.
cross:
    #!/usr/bin/env bash
    set -euo pipefail
    export CGO_ENABLED=0 GOOS GOARCH
    for GOOS in linux darwin windows; do
        for GOARCH in amd64 arm64; do
            echo "== $GOOS/$GOARCH"
            go build ./...
            go vet ./...
        done
    done

# All checks, as .ci/run does them.
all: test lint race fuzz cross
