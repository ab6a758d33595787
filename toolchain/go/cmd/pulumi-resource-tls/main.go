// Command pulumi-resource-tls is a small stand-in for the official tls plugin on machines that cannot download it:
// private keys, certificate requests, self-signed and locally signed certificates, under the tokens, property names and
// secret marks that the npm package @pulumi/tls 5.6 sends. Other types and functions are refused by name.
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"testbro/toolchain/internal/logical"
)

// version is the version of the npm package this plugin answers for; the build sets it (-X main.version=...).
var version = "5.6.1"

func main() {
	if err := tls(time.Now).Provider().Run(context.Background(), "tls", version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tls is the package; now is the clock that certificates start at and expire by.
func tls(now func() time.Time) logical.Package {
	return logical.Package{
		Name: "tls",
		Now:  now,
		Resources: map[string]logical.Resource{
			"CertRequest":       certRequestResource(),
			"LocallySignedCert": locallySignedResource(now),
			"PrivateKey":        privateKeyResource(),
			"SelfSignedCert":    selfSignedResource(now),
		},
	}
}
