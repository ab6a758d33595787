// Command pulumi-resource-docker is the Docker resource plugin for machines that cannot download the official one:
// the same upstream Terraform provider behind the same bridge, with the resource tokens and property names that
// the npm package @pulumi/docker 5.2 sends.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
)

// version is the version of the npm package this plugin answers for; the build sets it (-X main.version=...).
var version = "5.2.0"

func main() {
	// The bridge asks for a package schema only when generating SDKs; ours is never generated from, so it stays empty.
	tfbridge.Main("docker", version, providerInfo(version), []byte("{}"))
}
