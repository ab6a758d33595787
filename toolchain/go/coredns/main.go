// Command coredns is CoreDNS with the plugins that a cluster's name service needs, and no others: the full one pulls in the
// clients of several clouds.
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"

	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
)

// The order in which plugins see a query. From CoreDNS' own plugin.cfg, with what is not compiled in left out.
var order = []string{"bind", "health", "ready", "prometheus", "errors", "cache", "loadbalance", "kubernetes", "forward"}

func main() {
	dnsserver.Directives = order
	coremain.Run()
}
