package rewrite_test

import (
	"fmt"
	"log"

	"github.com/tplproxy/tplproxy/rewrite"
	"github.com/tplproxy/tplproxy/rules"
)

func example() *rewrite.Rewriter {
	set, err := rules.Builtin()
	if err != nil {
		log.Fatal(err)
	}
	rw, err := rewrite.New(set, rules.Settings{
		"PIP_INDEX_URL": {Value: "https://pypi.example.org/simple", Source: "example"},
	})
	if err != nil {
		log.Fatal(err)
	}
	return rw
}

func ExampleRewriter_Rewrite() {
	result, err := example().Rewrite([]byte("FROM docker.io/library/python:3.12\nRUN pip install django\n"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", result.Output)
	// Output:
	// FROM docker.io/library/python:3.12
	// # >>> tplproxy: begin proxy pip >>>
	// #
	// ARG PIP_INDEX_URL
	// ARG TPLPROXY_SAVED_PIP_INDEX_URL=$PIP_INDEX_URL
	// ARG PIP_INDEX_URL=https://pypi.example.org/simple
	// # <<< tplproxy c751ea5e0a5b <<<
	// RUN pip install django
	// # >>> tplproxy: end proxy pip >>>
	// #
	// ARG PIP_INDEX_URL=$TPLPROXY_SAVED_PIP_INDEX_URL
	// # <<< tplproxy 31dd551a4048 <<<
}

func ExampleRestore() {
	src := []byte("FROM docker.io/library/python:3.12\nRUN pip install django\n")
	result, err := example().Rewrite(src)
	if err != nil {
		log.Fatal(err)
	}
	restored, err := rewrite.Restore(result.Output)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(restored) == string(src))
	// Output: true
}

func ExampleRewriter_Scan() {
	downloads, err := example().Scan([]byte(`FROM docker.io/library/python:3.12
RUN apt-get update
RUN pip install django
RUN pip install --index-url https://pypi.internal/simple secret-sauce
`))
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range downloads {
		fmt.Printf("%d %s %s %q\n", d.Line, d.Rule, d.Status, d.Reason)
	}
	// Output:
	// 1 image direct "DOCKER_MIRROR_URL is not set"
	// 2 apt direct "APT_PROXY_URL is not set"
	// 3 pip wrappable ""
	// 4 pip overridden "--index-url https://pypi.internal/simple wins over the environment"
}
