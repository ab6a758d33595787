// Package shim opens the upstream Docker provider, whose constructor is internal to its module, to the bridge.
// Its import path lies inside the upstream's on purpose: Go allows internal imports by path.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider returns the upstream Terraform provider for Docker.
func NewProvider() *schema.Provider {
	return provider.New("dev")()
}
