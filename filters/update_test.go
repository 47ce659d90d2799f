package filters

import _ "github.com/tplproxy/tplproxy/internal/golden" // the flag -update, for go test ./... -update
