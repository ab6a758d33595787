// Package dns stands in for lego's list of DNS providers, whose client libraries are a hundred modules, some of which no module
// proxy serves. Certificates are then issued over HTTP or TLS, which needs none of them.
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v5/challenge"
)

// NewDNSChallengeProviderByName refuses every name.
func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("this build of Traefik knows no DNS provider, not %q either: use the HTTP-01 or the TLS-ALPN-01 challenge, or the official release of Traefik", name)
}
