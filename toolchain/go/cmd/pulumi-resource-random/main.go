// Command pulumi-resource-random is a small stand-in for the official random plugin on machines that cannot download
// it: the types a stack generates secrets with, under the tokens, property names and secret marks that the npm package
// @pulumi/random 4.21 sends. Other types are refused by name.
package main

import (
	"context"
	"fmt"
	"os"
)

// version is the version of the npm package this plugin answers for; the build sets it (-X main.version=...).
var version = "4.21.2"

func main() {
	if err := random().Provider().Run(context.Background(), "random", version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
