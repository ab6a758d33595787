package main

import (
	"unicode"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// token returns the type token of @pulumi/docker for a class or function name: Network → docker:index/network:Network.
func token(name string) string {
	first := []rune(name)
	first[0] = unicode.ToLower(first[0])
	return "docker:index/" + string(first) + ":" + name
}

func resource(name string) *tfbridge.ResourceInfo {
	return &tfbridge.ResourceInfo{Tok: tokens.Type(token(name))}
}

func dataSource(name string) *tfbridge.DataSourceInfo {
	return &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(token(name))}
}

// named is a resource whose name is a real reference (an image, a plugin), so it is never made up from the logical name.
func named(name string) *tfbridge.ResourceInfo {
	info := resource(name)
	info.Fields = map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}
	return info
}

func no() *bool { value := false; return &value }

// providerInfo maps the upstream provider to the tokens and property names of @pulumi/docker.
// docker:Image (build and push) is not part of the upstream provider and therefore not served.
func providerInfo(version string) tfbridge.ProviderInfo {
	container := resource("Container")
	// Two containers cannot hold one published port or name at the same time.
	container.DeleteBeforeReplace = true
	// The npm package kept these two names singular.
	container.Fields = map[string]*tfbridge.SchemaInfo{
		"command":           {Name: "command"},
		"networks_advanced": {Name: "networksAdvanced"},
	}

	info := tfbridge.ProviderInfo{
		P:                 shimv2.NewProvider(shim.NewProvider()),
		Name:              "docker",
		DisplayName:       "Docker",
		Version:           version,
		GitHubOrg:         "kreuzwerker",
		TFProviderVersion: "",
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				EnvVars: []string{"DOCKER_HOST"},
				Value:   "unix:///var/run/docker.sock",
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: no()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_buildx_builder": resource("BuildxBuilder"),
			"docker_config":         resource("ServiceConfig"),
			"docker_container":      container,
			"docker_image":          named("RemoteImage"),
			"docker_network":        resource("Network"),
			"docker_plugin":         named("Plugin"),
			"docker_registry_image": named("RegistryImage"),
			"docker_secret":         resource("Secret"),
			"docker_service":        resource("Service"),
			"docker_tag":            resource("Tag"),
			"docker_volume":         resource("Volume"),
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":                    dataSource("getRemoteImage"),
			"docker_logs":                     dataSource("getLogs"),
			"docker_network":                  dataSource("getNetwork"),
			"docker_plugin":                   dataSource("getPlugin"),
			"docker_registry_image":           dataSource("getRegistryImage"),
			"docker_registry_image_manifests": dataSource("getRegistryImageManifests"),
		},
	}
	info.SetAutonaming(255, "-")
	return info
}
