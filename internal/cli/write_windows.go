package cli

import (
	"os"
	"path/filepath"
)

// replace writes a file beside the old one and puts it in its place. renameio
// is not built for Windows.
func replace(path string, content []byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), ".tplproxy-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	if _, err := file.Write(content); err != nil {
		file.Close()
		return err
	}
	if err := file.Close(); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}
