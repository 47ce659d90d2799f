package rewrite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"mvdan.cc/sh/v3/syntax"

	"github.com/tplproxy/tplproxy/internal/tutor"
	"github.com/tplproxy/tplproxy/rewrite"
)

// corpora are the directories that the benchmarks run on: the fixtures, and a
// Tutor env that CORPUS names.
func corpora(b *testing.B) map[string][][]byte {
	dirs := map[string]string{"fixtures": "../fixtures/env"}
	if dir := os.Getenv("CORPUS"); dir != "" {
		dirs["corpus"] = dir
	}
	all := map[string][][]byte{}
	for name, dir := range dirs {
		files, err := tutor.Dockerfiles(dir)
		if err != nil || len(files) == 0 {
			b.Fatalf("%s: %d Dockerfiles, %v", dir, len(files), err)
		}
		for _, f := range files {
			src, err := os.ReadFile(filepath.Join(dir, f))
			if err != nil {
				b.Fatal(err)
			}
			all[name] = append(all[name], src)
		}
	}
	return all
}

// BenchmarkParse is the floor: buildkit's parser, and the shell parser on every
// RUN.
func BenchmarkParse(b *testing.B) {
	for name, files := range corpora(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, src := range files {
					parseOnly(b, src)
				}
			}
		})
	}
}

func parseOnly(b *testing.B, src []byte) {
	result, err := parser.Parse(bytes.NewReader(src))
	if err != nil {
		b.Fatal(err)
	}
	for _, node := range result.AST.Children {
		if !strings.EqualFold(node.Value, "run") || node.Attributes["json"] {
			continue
		}
		script := node.Next.Value
		for _, doc := range node.Heredocs {
			script += "\n" + doc.Content + doc.Name
		}
		// Not every RUN is shell; that it is parsed is what counts here.
		_, _ = syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(script), "")
	}
}

// BenchmarkRewrite is to take at most twice as long.
func BenchmarkRewrite(b *testing.B) {
	rw := newRewriter(b, proxies)
	for name, files := range corpora(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, src := range files {
					if _, err := rw.Rewrite(src); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkNew is the start: rules read and settings rendered, once a process.
func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		newRewriter(b, proxies)
	}
}

var _ = rewrite.Restore
