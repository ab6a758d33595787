package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

const deployment = urn.URN("urn:pulumi:s::p::kubernetes:apps/v1:Deployment::web")

// values reads inputs as a program would write them.
func values(t *testing.T, document string) property.Map {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(document), &object); err != nil {
		t.Fatal(err)
	}
	return fromObject(object)
}

func object(t *testing.T, document string) *unstructured.Unstructured {
	t.Helper()
	return &unstructured.Unstructured{Object: toObject(values(t, document))}
}

// offline is a plugin that needs no cluster.
func offline(t *testing.T) *plugin {
	t.Helper()
	k := newPlugin()
	k.settings.renderDirectory = t.TempDir()
	return k
}

func check(t *testing.T, k *plugin, u urn.URN, inputs, state property.Map) (property.Map, string) {
	t.Helper()
	response, err := k.check(context.Background(), p.CheckRequest{Urn: u, Inputs: inputs, State: state})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, failure := range response.Failures {
		all = append(all, failure.Property+" "+failure.Reason)
	}
	return response.Inputs, strings.Join(all, "\n")
}

func TestCheckMakesUpANameOnceAndKeepsIt(t *testing.T) {
	k := offline(t)
	inputs := values(t, "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 2}}")
	first, _ := check(t, k, deployment, inputs, property.Map{})
	name := textAt(first, "metadata", "name")
	if !strings.HasPrefix(name, "web-") || len(name) != len("web-")+8 || !isAutoNamed(first) {
		t.Errorf("%q", name)
	}
	if textAt(first, "metadata", "namespace") != "default" {
		t.Error("the namespace is not spelled out")
	}
	if again, _ := check(t, k, deployment, inputs, first); textAt(again, "metadata", "name") != name {
		t.Error("the name of the state is not kept")
	}
	if other, _ := check(t, k, deployment, inputs, property.Map{}); textAt(other, "metadata", "name") == name {
		t.Error("a replacement got the same name")
	}
	given, _ := check(t, k, deployment, values(t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: fixed}}"), first)
	if textAt(given, "metadata", "name") != "fixed" || isAutoNamed(given) {
		t.Error("a given name is not taken")
	}
}

func TestCheckLeavesUnknownNamesAlone(t *testing.T) {
	inputs := values(t, "{apiVersion: v1, kind: ConfigMap}").Set("metadata", property.New(property.Computed))
	got, failures := check(t, offline(t), "urn:pulumi:s::p::kubernetes:core/v1:ConfigMap::c", inputs, property.Map{})
	if failures != "" || !got.Get("metadata").IsComputed() {
		t.Errorf("%v %s", got, failures)
	}
}

func TestClusterScopedKindsGetNoNamespace(t *testing.T) {
	for document, want := range map[string]string{
		"{apiVersion: v1, kind: Namespace}":                                   "",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole}":       "",
		"{apiVersion: rbac.authorization.k8s.io/v1, kind: Role}":              "shop",
		"{apiVersion: example.com/v1, kind: Thing}":                           "",
		"{apiVersion: v1, kind: Service, metadata: {namespace: other}}":       "other",
		"{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy}":             "shop",
		"{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, spec: {}}": "",
	} {
		k := offline(t)
		k.settings.namespace = "shop"
		got, _ := check(t, k, deployment, values(t, document), property.Map{})
		if namespace := textAt(got, "metadata", "namespace"); namespace != want {
			t.Errorf("%s: %q, want %q", document, namespace, want)
		}
	}
}

func TestCheckReportsEveryProblemAtOnce(t *testing.T) {
	_, got := check(t, offline(t), deployment, values(t, `
apiVersion: v1
kind: Service
metadata: {name: `+strings.Repeat("a", 64)+`, namespace: Big}
spec: {containers: [{resources: {limits: {cpu: 1x, memory: 64Mi}, requests: {memory: 1 GB}}}]}
`), property.Map{})
	for _, want := range []string{"metadata.name", "64 characters", `metadata.namespace "Big"`,
		`spec.containers[0].resources.limits.cpu is "1x", which is no quantity`, `resources.requests.memory is "1 GB"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing from:\n%s", want, got)
		}
	}
	_, got = check(t, offline(t), deployment, values(t, "{metadata: 3}"), property.Map{})
	for _, want := range []string{"apiVersion is required", "kind is required", "metadata must be an object"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing from:\n%s", want, got)
		}
	}
}

func TestCheckNeverShowsASecret(t *testing.T) {
	inputs := put(values(t, "{apiVersion: v1, kind: Pod}"), property.New("hunter2").WithSecret(true), "spec", "resources", "limits", "cpu")
	if _, got := check(t, offline(t), deployment, inputs, property.Map{}); strings.Contains(got, "hunter2") || !strings.Contains(got, "[secret]") {
		t.Error(got)
	}
}

func TestCompositeTypesAreRefusedByName(t *testing.T) {
	for _, token := range []string{"kubernetes:helm.sh/v3:Release", "kubernetes:yaml/v2:ConfigGroup", "kubernetes:core/v1:ConfigMapPatch",
		"kubernetes:core/v1:ConfigMapList", "kubernetes:kustomize/v2:Directory"} {
		_, err := offline(t).check(context.Background(), p.CheckRequest{Urn: urn.URN("urn:pulumi:s::p::" + token + "::x")})
		if err == nil || !strings.Contains(err.Error(), token+" is not covered") {
			t.Errorf("%s: %v", token, err)
		}
	}
	if _, err := offline(t).invoke(context.Background(), p.InvokeRequest{Token: "kubernetes:helm:template"}); err == nil {
		t.Error("an unknown function was not refused")
	}
}

func TestDecodeTakesListsApart(t *testing.T) {
	response, err := offline(t).invoke(context.Background(), p.InvokeRequest{Token: "kubernetes:yaml:decode", Args: property.NewMap(map[string]property.Value{
		"text": property.New("apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Secret, metadata: {name: a}}]\n---\n---\n" +
			"apiVersion: v1\nkind: Namespace\nmetadata: {name: b}\n"),
		"defaultNamespace": property.New("shop"),
	})})
	if err != nil {
		t.Fatal(err)
	}
	items := response.Return.Get("result").AsArray()
	if items.Len() != 2 || textAt(items.Get(0).AsMap(), "metadata", "namespace") != "shop" || textAt(items.Get(1).AsMap(), "metadata", "namespace") != "" {
		t.Errorf("%v", items)
	}
}

func TestRenderedObjectsComeAndGoAsFiles(t *testing.T) {
	k := offline(t)
	inputs := values(t, "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: shop}, spec: {replicas: 2}}")
	made, err := k.create(context.Background(), p.CreateRequest{Urn: deployment, Properties: inputs})
	if err != nil || made.ID != "shop/web" {
		t.Fatal(made, err)
	}
	file := filepath.Join(k.settings.renderDirectory, "1-manifest", "apps_v1-deployment-shop-web.yaml")
	content, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(content), "replicas: 2") {
		t.Fatal(string(content), err)
	}
	if err := k.delete(context.Background(), p.DeleteRequest{Urn: deployment, ID: made.ID, Properties: made.Properties}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Error("the file is still there")
	}
}

func TestPreviewWithoutAClusterKnowsTheInputs(t *testing.T) {
	k := newPlugin()
	k.settings.kubeconfig = "/nonexistent/kubeconfig"
	inputs := values(t, "{apiVersion: v1, kind: Service, metadata: {name: web, namespace: shop}, spec: {ports: [{port: 80}]}}")
	made, err := k.create(context.Background(), p.CreateRequest{Urn: deployment, Properties: inputs, DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, ip := at(made.Properties, "spec", "clusterIP"); !ip || !made.Properties.Get("status").IsComputed() || textAt(made.Properties, "metadata", "name") != "web" {
		t.Errorf("%v", made.Properties)
	}
	_, err = k.create(context.Background(), p.CreateRequest{Urn: deployment, Properties: inputs})
	if err == nil || !strings.Contains(err.Error(), "unreachable") || !strings.Contains(err.Error(), "/nonexistent/kubeconfig") {
		t.Error(err)
	}
}

func TestConfiguration(t *testing.T) {
	text := func(s string) property.Value { return property.New(s) }
	parsed, failures := parseSettings(property.NewMap(map[string]property.Value{
		"enableServerSideApply": text("false"), "deleteUnreachable": property.New(true), "namespace": text("shop"),
		"kubeClientSettings": text(`{"qps":5,"timeout":7}`), "version": text("4.34.2"), "helmReleaseSettings": text("{}"),
	}))
	if len(failures) > 0 || parsed.serverSideApply || !parsed.deleteUnreachable || parsed.namespace != "shop" || parsed.qps != 5 || parsed.timeout.Seconds() != 7 {
		t.Errorf("%+v %v", parsed, failures)
	}
	_, failures = parseSettings(property.NewMap(map[string]property.Value{
		"enablePatchForce": text("perhaps"), "kubeconfg": text("x"), "kubeClientSettings": text("fast"),
	}))
	if len(failures) != 3 || failures[1].Property != "kubeClientSettings" || failures[2].Property != "kubeconfg" {
		t.Errorf("%v", failures)
	}
}

func TestAWrongContextIsRefusedAndAMissingKubeconfigIsNot(t *testing.T) {
	config := "apiVersion: v1\nkind: Config\ncontexts: [{name: a, context: {}}, {name: b, context: {}}]\n"
	configure := func(kubeconfig string) error {
		return newPlugin().configure(context.Background(), p.ConfigureRequest{Args: property.NewMap(map[string]property.Value{
			"kubeconfig": property.New(kubeconfig), "context": property.New("c"),
		})})
	}
	if err := configure(config); err == nil || !strings.Contains(err.Error(), `no context "c"; it has a, b`) {
		t.Error(err)
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := configure(file); err == nil {
		t.Error("a path is not read")
	}
	if err := configure(file + ".missing"); err != nil {
		t.Error(err)
	}
}
