package main

import (
	"errors"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

func TestSecretsStaySecretInTheState(t *testing.T) {
	inputs := values(t, "{apiVersion: v1, kind: Secret, metadata: {name: s}}")
	inputs = put(inputs, property.New("hunter2").WithSecret(true), "stringData", "a")
	sent := toAPIObject(inputs)
	if _, there := sent.Object["stringData"]; there || sent.Object["data"].(map[string]any)["a"] != "aHVudGVyMg==" {
		t.Errorf("%v", sent.Object)
	}
	state := stateOf(sent, inputs, "m")
	if !state.Get("data").Secret() || !state.Get("stringData").Secret() || !property.New(state.Get("__inputs").AsMap()).HasSecrets() {
		t.Errorf("%v", state)
	}
	deployment := put(values(t, "{apiVersion: apps/v1, kind: Deployment}"), property.New([]property.Value{
		property.New(map[string]property.Value{"value": property.New("hunter2").WithSecret(true)}),
	}), "spec", "env")
	env, _ := at(stateOf(toAPIObject(deployment), deployment, "m"), "spec", "env")
	if value := env.AsArray().Get(0).AsMap().Get("value"); !value.Secret() || value.AsString() != "hunter2" {
		t.Errorf("%v", env)
	}
}

func TestMessagesOfTheServerLoseSecrets(t *testing.T) {
	inputs := put(values(t, "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop}}"), property.New("hunter2").WithSecret(true), "spec", "a")
	err := offline(t).explain(errors.New(`Invalid value: "hunter2"`), toAPIObject(inputs), inputs)
	if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "Pod shop/x: ") {
		t.Error(err)
	}
}

func TestAnswersComeWithAdvice(t *testing.T) {
	inputs := values(t, "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: shop}}")
	pods := schema.GroupResource{Resource: "pods"}
	for want, err := range map[string]error{
		"Role and RoleBinding":                 apierrors.NewForbidden(pods, "x", errors.New(`User "dev" cannot patch resource "pods"`)),
		"Pod Security level":                   apierrors.NewForbidden(pods, "x", errors.New(`violates PodSecurity "restricted:latest"`)),
		"Make the namespace shop first":        apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, "shop"),
		"pulumi.com/patchForce":                apierrors.NewConflict(pods, "x", errors.New(`conflict with "kubectl"`)),
		"replaceOnChanges":                     apierrors.NewInvalid(schema.GroupKind{Kind: "Pod"}, "x", nil),
		"ResourceQuota is used up":             apierrors.NewForbidden(pods, "x", errors.New("exceeded quota: small")),
		"import it (pulumi import), delete it": errExists,
	} {
		if want == "replaceOnChanges" {
			err.(*apierrors.StatusError).ErrStatus.Message = "spec: field is immutable"
		}
		if got := offline(t).explain(err, toAPIObject(inputs), inputs).Error(); !strings.Contains(got, want) {
			t.Errorf("%q is missing from %q", want, got)
		}
	}
}

func TestDryRunsAnswersAreNotTakenForTheTruth(t *testing.T) {
	inputs := values(t, "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {type: NodePort, ports: [{port: 1, nodePort: 30001}, {port: 2}]}}")
	answer := object(t, "{apiVersion: v1, kind: Service, metadata: {name: web, uid: u, resourceVersion: '7'}, spec: {type: NodePort, clusterIP: 10.0.0.1, ports: [{port: 1, nodePort: 30001}, {port: 2, nodePort: 31234}]}}")
	state := previewOf(answer, inputs, "m", false)
	for _, where := range [][]string{{"metadata", "uid"}, {"spec", "clusterIP"}, {"status"}} {
		if value, _ := at(state, where...); !value.IsComputed() {
			t.Errorf("%v is known", where)
		}
	}
	ports, _ := at(state, "spec", "ports")
	if ports.AsArray().Get(0).AsMap().Get("nodePort").AsNumber() != 30001 || !ports.AsArray().Get(1).AsMap().Get("nodePort").IsComputed() {
		t.Errorf("%v", ports)
	}
	existing := previewOf(answer, inputs, "m", true)
	if textAt(existing, "spec", "clusterIP") != "10.0.0.1" || textAt(existing, "metadata", "uid") != "u" {
		t.Errorf("of an object that exists: %v", existing)
	}
}

func TestNumbersKeepTheirKind(t *testing.T) {
	plain := toObject(property.NewMap(map[string]property.Value{"whole": property.New(3.0), "part": property.New(0.5), "none": property.New(property.Null)}))
	if plain["whole"] != int64(3) || plain["part"] != 0.5 || len(plain) != 2 {
		t.Errorf("%#v", plain)
	}
}
