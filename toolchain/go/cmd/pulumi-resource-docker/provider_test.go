package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
)

// sdk is the npm package that programs use; the plugin must speak its names.
const sdk = "../../../../node_modules/@pulumi/docker"

func read(t *testing.T, file string) string {
	t.Helper()
	if _, err := os.Stat(sdk); err != nil {
		t.Skipf("the npm packages are not installed, so there are no names to compare with: %v", err)
	}
	text, err := os.ReadFile(filepath.Join(sdk, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// names translates a schema's properties as the bridge does on the wire.
func names(fields shim.SchemaMap, infos map[string]*tfbridge.SchemaInfo) []string {
	var all []string
	fields.Range(func(key string, _ shim.Schema) bool {
		all = append(all, tfbridge.TerraformToPulumiNameV2(key, fields, infos))
		return true
	})
	slices.Sort(all)
	return all
}

func TestTokensAndPropertiesAreThoseOfTheNpmPackage(t *testing.T) {
	info := providerInfo(version)
	for key, resource := range info.Resources {
		class := string(resource.Tok.Name())
		file := read(t, strings.ToLower(class[:1])+class[1:]+".js")
		if !strings.Contains(file, "'"+string(resource.Tok)+"'") {
			t.Errorf("%s: the package does not send %s", key, resource.Tok)
		}
		sent := map[string]bool{}
		for _, match := range regexp.MustCompile(`resourceInputs\["(\w+)"\] = state`).FindAllStringSubmatch(file, -1) {
			sent[match[1]] = true
		}
		want := slices.Sorted(maps.Keys(sent))
		// Every resource has an id, which is not among its properties.
		got := slices.DeleteFunc(names(info.P.ResourcesMap().Get(key).Schema(), resource.Fields), func(name string) bool { return name == "id" })
		if !slices.Equal(got, want) {
			t.Errorf("%s: the plugin has\n%v\nthe package\n%v", class, got, want)
		}
	}
}

func TestEveryResourceOfThePackageIsServedButImage(t *testing.T) {
	served := map[string]bool{}
	for _, resource := range providerInfo(version).Resources {
		served[string(resource.Tok)] = true
	}
	for _, match := range regexp.MustCompile(`case "(docker:[^"]+)"`).FindAllStringSubmatch(read(t, "index.js"), -1) {
		// docker:Image builds and pushes by code of the official plugin that no published module contains.
		if !served[match[1]] && match[1] != "docker:index/image:Image" {
			t.Errorf("%s is not served", match[1])
		}
	}
}

func TestFunctionsAreThoseOfTheNpmPackage(t *testing.T) {
	for _, source := range providerInfo(version).DataSources {
		name := string(source.Tok.Name())
		if !strings.Contains(read(t, name+".js"), `"`+string(source.Tok)+`"`) {
			t.Errorf("the package does not call %s", source.Tok)
		}
	}
}

// nested lists the property names of every input object of the package, by its interface's name.
func nested(t *testing.T) map[string][]string {
	t.Helper()
	text := regexp.MustCompile(`(?s)/\*\*.*?\*/`).ReplaceAllString(read(t, "types/input.d.ts"), "")
	all := map[string][]string{}
	for _, match := range regexp.MustCompile(`(?s)export interface (\w+) \{(.*?)\n\}`).FindAllStringSubmatch(text, -1) {
		var properties []string
		for _, property := range regexp.MustCompile(`(?m)^    (\w+)\??:`).FindAllStringSubmatch(match[2], -1) {
			properties = append(properties, property[1])
		}
		slices.Sort(properties)
		all[match[1]] = properties
	}
	return all
}

func TestNestedPropertiesAreThoseOfTheNpmPackage(t *testing.T) {
	info := providerInfo(version)
	interfaces := nested(t)
	for key, resource := range info.Resources {
		class := string(resource.Tok.Name())
		var walk func(path string, fields shim.SchemaMap)
		walk = func(path string, fields shim.SchemaMap) {
			fields.Range(func(name string, field shim.Schema) bool {
				element, ok := field.Elem().(shim.Resource)
				if !ok {
					return true
				}
				got := names(element.Schema(), nil)
				// Interfaces are named by the path of their properties; comparing the names they hold is what matters on the wire.
				found := slices.ContainsFunc(slices.Collect(maps.Keys(interfaces)), func(candidate string) bool {
					return strings.HasPrefix(candidate, class) && slices.Equal(interfaces[candidate], got)
				})
				if !found {
					t.Errorf("%s.%s: no input of the package has exactly %v", path, name, got)
				}
				walk(path+"."+name, element.Schema())
				return true
			})
		}
		walk(class, info.P.ResourcesMap().Get(key).Schema())
	}
}

func TestTheBridgeAcceptsTheMapping(t *testing.T) {
	info := providerInfo(version)
	if err := info.P.InternalValidate(); err != nil {
		t.Error(err)
	}
	for key := range info.Resources {
		if _, ok := info.P.ResourcesMap().GetOk(key); !ok {
			t.Errorf("the upstream provider has no %s", key)
		}
	}
}
