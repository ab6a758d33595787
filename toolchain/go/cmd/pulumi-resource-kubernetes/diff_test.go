package main

import (
	"context"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

func diff(t *testing.T, k *plugin, before, after property.Map, ignore ...string) p.DiffResponse {
	t.Helper()
	response, err := k.diff(context.Background(), p.DiffRequest{Urn: urn.URN("urn:pulumi:s::p::kubernetes:core/v1:Anything::x"),
		OldInputs: before, Inputs: after, IgnoreChanges: ignore})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestDiff(t *testing.T) {
	for name, c := range map[string]struct {
		before, after       string
		ignore              string
		want                map[string]p.DiffKind
		deleteBeforeReplace bool
	}{
		"nothing": {before: "{apiVersion: v1, kind: ConfigMap, data: {a: b}}", after: "{apiVersion: v1, kind: ConfigMap, data: {a: b}}"},
		"in place": {before: "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 1}}", after: "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 2}}",
			want: map[string]p.DiffKind{"spec.replicas": p.Update}},
		"label with dots": {before: "{apiVersion: v1, kind: Namespace}", after: `{apiVersion: v1, kind: Namespace, metadata: {labels: {a.b/c: d}}}`,
			want: map[string]p.DiffKind{"metadata": p.Add}},
		"one label": {before: `{apiVersion: v1, kind: Namespace, metadata: {labels: {a.b/c: d}}}`, after: `{apiVersion: v1, kind: Namespace, metadata: {labels: {a.b/c: e}}}`,
			want: map[string]p.DiffKind{`metadata.labels["a.b/c"]`: p.Update}},
		"selector": {before: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: b}}}}",
			after: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}, spec: {selector: {matchLabels: {a: c}}}}",
			want:  map[string]p.DiffKind{"spec.selector.matchLabels.a": p.UpdateReplace}, deleteBeforeReplace: true},
		"renamed": {before: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: x}}", after: "{apiVersion: apps/v1, kind: Deployment, metadata: {name: y}}",
			want: map[string]p.DiffKind{"metadata.name": p.UpdateReplace}},
		"template of a deployment": {before: "{apiVersion: apps/v1, kind: Deployment, spec: {template: {a: 1}}}", after: "{apiVersion: apps/v1, kind: Deployment, spec: {template: {a: 2}}}",
			want: map[string]p.DiffKind{"spec.template.a": p.Update}},
		"template of a job": {before: "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {a: 1}}}", after: "{apiVersion: batch/v1, kind: Job, metadata: {name: j}, spec: {template: {a: 2}}}",
			want: map[string]p.DiffKind{"spec.template.a": p.UpdateReplace}, deleteBeforeReplace: true},
		"data of an auto-named config map": {
			before: `{apiVersion: v1, kind: ConfigMap, metadata: {name: c-1, annotations: {pulumi.com/autonamed: "true"}}, data: {a: b}}`,
			after:  `{apiVersion: v1, kind: ConfigMap, metadata: {name: c-1, annotations: {pulumi.com/autonamed: "true"}}, data: {a: c}}`,
			want:   map[string]p.DiffKind{"data.a": p.UpdateReplace}},
		"claim templates": {before: "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {volumeClaimTemplates: [{a: 1}]}}",
			after: "{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: s}, spec: {volumeClaimTemplates: [{a: 1}, {a: 2}]}}",
			want:  map[string]p.DiffKind{"spec.volumeClaimTemplates[1]": p.AddReplace}, deleteBeforeReplace: true},
		"image of a pod": {before: "{apiVersion: v1, kind: Pod, spec: {containers: [{image: a}]}}", after: "{apiVersion: v1, kind: Pod, spec: {containers: [{image: b}]}}",
			want: map[string]p.DiffKind{"spec.containers[0].image": p.Update}},
		"command of a pod": {before: "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{command: [a]}]}}", after: "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{command: [b]}]}}",
			want: map[string]p.DiffKind{"spec.containers[0].command[0]": p.UpdateReplace}, deleteBeforeReplace: true},
		"ignored": {before: "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 1}}", after: "{apiVersion: apps/v1, kind: Deployment, spec: {replicas: 2}}",
			ignore: "spec.replicas"},
		"removed": {before: "{apiVersion: v1, kind: Service, spec: {ports: [{port: 1}, {port: 2}]}}", after: "{apiVersion: v1, kind: Service, spec: {ports: [{port: 1}]}}",
			want: map[string]p.DiffKind{"spec.ports[1]": p.Delete}},
	} {
		got := diff(t, offline(t), values(t, c.before), values(t, c.after), c.ignore)
		if got.HasChanges != (len(c.want) > 0) || len(got.DetailedDiff) != len(c.want) || got.DeleteBeforeReplace != c.deleteBeforeReplace {
			t.Errorf("%s: got %+v, want %v, delete first %v", name, got, c.want, c.deleteBeforeReplace)
		}
		for path, kind := range c.want {
			if got.DetailedDiff[path].Kind != kind {
				t.Errorf("%s: %s is %v, want %v", name, path, got.DetailedDiff[path].Kind, kind)
			}
		}
	}
}

func TestDataChangesInPlaceWhereTheProviderSaysSo(t *testing.T) {
	k := offline(t)
	k.settings.configMapMutable = true
	before := values(t, "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: b}}")
	after := put(before, property.New("c"), "data", "a")
	if kind := diff(t, k, before, after).DetailedDiff["data.a"].Kind; kind != p.Update {
		t.Error(kind)
	}
	frozen := before.Set("immutable", property.New(true))
	if kind := diff(t, k, frozen, put(frozen, property.New("c"), "data", "a")).DetailedDiff["data.a"].Kind; kind != p.UpdateReplace {
		t.Errorf("of an immutable one: %v", kind)
	}
}

func TestASecretMarkAloneIsNoChange(t *testing.T) {
	before := values(t, "{apiVersion: v1, kind: Secret, data: {a: b}}")
	after := before.Set("data", before.Get("data").WithSecret(true))
	if diff(t, offline(t), before, after).HasChanges {
		t.Error("a mark is taken for a change")
	}
}

func TestUnknownInputsAreChanges(t *testing.T) {
	before := values(t, "{apiVersion: v1, kind: Service, spec: {a: b}}")
	after := put(before, property.New(property.Computed), "spec", "a")
	if kind := diff(t, offline(t), before, after).DetailedDiff["spec.a"].Kind; kind != p.Update {
		t.Error(kind)
	}
}

func TestRefreshShowsDriftWhereTheProgramSpeaks(t *testing.T) {
	inputs := values(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {}}
spec: {paused: false, template: {spec: {containers: [{name: b, image: "1", resources: {limits: {cpu: 0.5, memory: 1024Mi}}}]}}}`)
	live := object(t, `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, uid: u}
spec: {replicas: 3, template: {spec: {containers: [{name: injected, image: x}, {name: b, image: "2", resources: {limits: {cpu: 500m, memory: 1Gi}}}]}}}`)
	changes := changedPaths(inputs, liveInputs(inputs, live))
	if len(changes) != 1 || changes[place(strings.Join([]string{"spec", "template", "spec", "containers", "0", "image"}, step))] != p.Update {
		t.Errorf("%v", changes)
	}
}

func TestStringDataIsComparedAsData(t *testing.T) {
	inputs := values(t, "{apiVersion: v1, kind: Secret, stringData: {a: secret}}")
	same := object(t, "{apiVersion: v1, kind: Secret, data: {a: c2VjcmV0}}")
	if changes := changedPaths(inputs, liveInputs(inputs, same)); len(changes) > 0 {
		t.Errorf("%v", changes)
	}
	other := object(t, "{apiVersion: v1, kind: Secret, data: {a: b3RoZXI=}}")
	if changes := changedPaths(inputs, liveInputs(inputs, other)); len(changes) == 0 {
		t.Error("a changed secret is not seen")
	}
}

func TestMountsOfOneVolumeAreToldApartByTheirPaths(t *testing.T) {
	text := "{volumeMounts: [{name: files, mountPath: /a, subPath: a}, {name: files, mountPath: /b, subPath: b}, {name: tmp, mountPath: /tmp}]}"
	inputs := values(t, "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: "+text+"}")
	live := object(t, "{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: "+text+"}")
	if changes := changedPaths(inputs, liveInputs(inputs, live)); len(changes) > 0 {
		t.Errorf("%v", changes)
	}
}
