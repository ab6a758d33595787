// Command pulumi-resource-kubernetes is a stand-in for the official kubernetes plugin on machines that cannot download it:
// every resource type of the npm package @pulumi/kubernetes 4.34 that is one API object, custom resources included, by
// server-side apply. Helm, Kustomize and the other composite types are refused by name.
package main

import (
	"context"
	"fmt"
	"os"
)

// version is the version of the npm package this plugin answers for; the build sets it (-X main.version=...).
var version = "4.34.2"

func main() {
	if err := newPlugin().provider().Run(context.Background(), "kubernetes", version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
