package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"sort"
	"strconv"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation"
)

// autoNamed marks an object whose name this plugin made up, as the official plugin marks it.
const autoNamed = "pulumi.com/autonamed"

func (k *plugin) check(ctx context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	if err := refuse(request.Urn); err != nil {
		return p.CheckResponse{}, err
	}
	inputs := request.Inputs
	response := p.CheckResponse{}
	fail := func(path, reason string, args ...any) {
		response.Failures = append(response.Failures, p.CheckFailure{Property: path, Reason: fmt.Sprintf(reason, args...)})
	}
	for _, name := range []string{"apiVersion", "kind"} {
		if value, ok := at(inputs, name); !ok {
			fail(name, "is required, and is missing; set it as in the API reference")
		} else if !value.IsString() && !value.IsComputed() {
			fail(name, "must be a string")
		}
	}
	if metadata, ok := at(inputs, "metadata"); ok && !metadata.IsMap() && !metadata.IsComputed() {
		fail("metadata", "must be an object")
	}
	if len(response.Failures) > 0 {
		response.Inputs = inputs
		return response, nil
	}
	inputs = withName(inputs, request.State, request.Urn)
	inputs = k.withNamespace(inputs, kindOf(request.Urn, inputs))
	for _, problem := range checkNames(inputs, kindOf(request.Urn, inputs).GroupKind()) {
		fail(problem.path, "%s", problem.reason)
	}
	for _, problem := range checkQuantities("", property.New(inputs), false) {
		fail(problem.path, "%s", problem.reason)
	}
	if k.settings.renderDirectory != "" && len(secretTexts(property.New(inputs))) > 0 {
		p.GetLogger(ctx).Warning("rendered YAML contains a secret value in plaintext")
	}
	response.Inputs = inputs
	return response, nil
}

// kindOf returns group, version and kind of an object; where the inputs do not tell, the type token does.
func kindOf(u urn.URN, inputs property.Map) schema.GroupVersionKind {
	apiVersion, kind := textAt(inputs, "apiVersion"), textAt(inputs, "kind")
	if gv, err := schema.ParseGroupVersion(apiVersion); err == nil && apiVersion != "" && kind != "" {
		return gv.WithKind(kind)
	}
	return kindFromToken(string(u.Type()))
}

func isAutoNamed(inputs property.Map) bool {
	return textAt(inputs, "metadata", "annotations", autoNamed) == "true"
}

// withName gives an object without a name one: that of the state if it was made up before, else the resource's with a random
// suffix, so that a replacement can be made before the old one goes.
func withName(inputs, state property.Map, u urn.URN) property.Map {
	for _, place := range [][]string{{"metadata"}, {"metadata", "name"}, {"metadata", "generateName"}, {"metadata", "annotations"}} {
		value, ok := at(inputs, place...)
		last := place[len(place)-1]
		if ok && (value.IsComputed() || last == "name" || last == "generateName") {
			return inputs
		}
	}
	name := textAt(state, "metadata", "name")
	if name == "" || !isAutoNamed(state) {
		name = madeUpName(u.Name())
	}
	inputs = put(inputs, property.New(name), "metadata", "name")
	return put(inputs, property.New("true"), "metadata", "annotations", autoNamed)
}

// madeUpName keeps within the 63 characters that the strictest kinds allow.
func madeUpName(name string) string {
	bytes := make([]byte, 4)
	_, _ = rand.Read(bytes) // Never fails (crypto/rand, since Go 1.24).
	name = strings.ToLower(name)
	if len(name) > 54 {
		name = strings.TrimRight(name[:54], "-.")
	}
	return name + "-" + hex.EncodeToString(bytes)
}

// withNamespace spells out the namespace that an object lands in, so that the state tells it.
func (k *plugin) withNamespace(inputs property.Map, kind schema.GroupVersionKind) property.Map {
	if metadata, ok := at(inputs, "metadata"); !ok || metadata.IsComputed() {
		return inputs
	}
	if _, ok := at(inputs, "metadata", "namespace"); ok {
		return inputs
	}
	namespaced, known := k.isNamespaced(kind)
	if !known || !namespaced {
		return inputs
	}
	return put(inputs, property.New(k.defaultNamespace()), "metadata", "namespace")
}

// isNamespaced knows Kubernetes' own kinds; for others it asks the cluster, if there is one.
func (k *plugin) isNamespaced(kind schema.GroupVersionKind) (namespaced, known bool) {
	if clusterScoped[kind.GroupKind()] {
		return false, true
	}
	if builtin(kind.Group) {
		return true, true
	}
	if k.settings.renderDirectory != "" {
		return false, false
	}
	connection, err := k.cluster()
	if err != nil {
		return false, false
	}
	mapping, err := connection.mapping(kind)
	if err != nil {
		return false, false
	}
	return mapping.namespaced, true
}

func (k *plugin) defaultNamespace() string {
	if k.settings.namespace != "" {
		return k.settings.namespace
	}
	if k.settings.renderDirectory == "" {
		if connection, err := k.cluster(); err == nil && connection.namespace != "" {
			return connection.namespace
		}
	}
	return "default"
}

type problem struct{ path, reason string }

// checkNames holds names against the rules of the API conventions: RFC 1123 subdomains, labels for what becomes a DNS label.
func checkNames(inputs property.Map, kind schema.GroupKind) []problem {
	var problems []problem
	add := func(path, name string, reasons []string) {
		if len(reasons) > 0 {
			problems = append(problems, problem{path, fmt.Sprintf("%q (%d characters) cannot be a name here: %s", name, len(name), strings.Join(reasons, "; "))})
		}
	}
	if name := textAt(inputs, "metadata", "name"); name != "" {
		switch {
		case kind == schema.GroupKind{Kind: "Service"}:
			add("metadata.name", name, validation.IsDNS1035Label(name))
		case kind == schema.GroupKind{Kind: "Namespace"}:
			add("metadata.name", name, validation.IsDNS1123Label(name))
		case kind.Group == "rbac.authorization.k8s.io":
			// Names of roles may hold colons and capitals; they are path segments, nothing more.
			if strings.ContainsAny(name, "/%") {
				add("metadata.name", name, []string{`it must not contain "/" or "%"`})
			}
		case kind.Group == "apps" || kind.Group == "batch":
			reasons := validation.IsDNS1123Subdomain(name)
			if kind.Kind == "CronJob" && len(name) > 52 {
				reasons = append(reasons, "must be no more than 52 characters")
			} else if (kind.Kind == "StatefulSet" || kind.Kind == "Job") && len(name) > 63 {
				reasons = append(reasons, "must be no more than 63 characters, since its pods carry it in a label")
			}
			add("metadata.name", name, reasons)
		case builtin(kind.Group):
			add("metadata.name", name, validation.IsDNS1123Subdomain(name))
		}
	}
	if namespace := textAt(inputs, "metadata", "namespace"); namespace != "" {
		add("metadata.namespace", namespace, validation.IsDNS1123Label(namespace))
	}
	return problems
}

// checkQuantities finds amounts of CPU, memory and storage that are not quantities: what stands below "limits" or "requests"
// of a "resources".
func checkQuantities(path place, value property.Value, inside bool) []problem {
	var problems []problem
	switch {
	case value.IsArray():
		for i, item := range value.AsArray().All {
			problems = append(problems, checkQuantities(path.join(strconv.Itoa(i)), item, false)...)
		}
	case value.IsMap():
		names := make([]string, 0, value.AsMap().Len())
		for name := range value.AsMap().All {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			item := value.AsMap().Get(name)
			amounts := (name == "limits" || name == "requests") && path.last() == "resources"
			problems = append(problems, checkQuantities(path.join(name), item, amounts)...)
			if inside && item.IsString() {
				if _, err := resource.ParseQuantity(item.AsString()); err != nil {
					shown := strconv.Quote(item.AsString())
					if item.Secret() {
						shown = "[secret]"
					}
					problems = append(problems, problem{path.join(name).String(),
						fmt.Sprintf("is %s, which is no quantity; write it like 500m, 2, 256Mi or 1Gi", shown)})
				}
			}
		}
	}
	return problems
}
