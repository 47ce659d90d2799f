// Package floor is what any tool like this one has to do, and nothing else: the
// floor that its speed is measured against. See docs/performance.md.
package floor

import (
	"bytes"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/syntax"
)

// Parse parses a Dockerfile with buildkit's parser, and the shell of every RUN
// with mvdan.cc/sh. The error is buildkit's: not every RUN is shell, and that it
// is parsed is what counts here.
func Parse(src []byte) error {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		return err
	}
	for _, node := range result.AST.Children {
		if !strings.EqualFold(node.Value, "run") || node.Attributes["json"] || node.Next == nil {
			continue
		}
		script := node.Next.Value
		for _, doc := range node.Heredocs {
			script += "\n" + doc.Content + doc.Name
		}
		_, _ = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	}
	return nil
}
