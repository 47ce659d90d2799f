package rewrite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tplproxy/tplproxy/internal/floor"
	"github.com/tplproxy/tplproxy/internal/tutor"
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
					if err := floor.Parse(src); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkRewrite is to take at most twice as long.
func BenchmarkRewrite(b *testing.B) {
	rw := newRewriter(b, everything)
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
		newRewriter(b, everything)
	}
}
