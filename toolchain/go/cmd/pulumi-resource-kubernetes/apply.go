package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
	"k8s.io/client-go/dynamic"
)

// patchForce is the annotation that lets an apply take over fields that another manager owns.
const patchForce = "pulumi.com/patchForce"

// managerKey is where the state keeps the field manager, as the official plugin does.
const managerKey = "__fieldManager"

func (k *plugin) create(ctx context.Context, request p.CreateRequest) (p.CreateResponse, error) {
	if err := refuse(request.Urn); err != nil {
		return p.CreateResponse{}, err
	}
	ctx, done := k.within(ctx)
	defer done()
	inputs := request.Properties
	kind := kindOf(request.Urn, inputs)
	manager := madeUpName("pulumi-kubernetes")
	if request.DryRun {
		return p.CreateResponse{Properties: k.previewed(ctx, inputs, kind, manager, false)}, nil
	}
	object := toAPIObject(inputs)
	if k.settings.renderDirectory != "" {
		if err := k.render(object); err != nil {
			return p.CreateResponse{}, err
		}
		return p.CreateResponse{ID: idOf(object), Properties: stateOf(object, inputs, manager)}, nil
	}
	connection, err := k.cluster()
	if err != nil {
		return p.CreateResponse{}, err
	}
	client, err := connection.clientSoon(ctx, kind, object.GetNamespace())
	if err != nil {
		return p.CreateResponse{}, err
	}
	made, err := k.make(ctx, client, object, manager)
	if err != nil {
		return p.CreateResponse{}, k.explain(err, object, inputs)
	}
	live, waitErr := k.await(ctx, connection, client, made, request.Timeout)
	response := p.CreateResponse{ID: idOf(made), Properties: stateOf(live, inputs, manager)}
	if waitErr != nil {
		message := hide(waitErr.Error(), inputs)
		response.PartialState = &p.InitializationFailed{Reasons: []string{message}}
		return response, fmt.Errorf("%s was created but does not become ready: %s", title(made), message)
	}
	return response, nil
}

// make brings a new object into the cluster.
func (k *plugin) make(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, manager string) (*unstructured.Unstructured, error) {
	if object.GetName() == "" || !k.settings.serverSideApply {
		return client.Create(ctx, object, metav1.CreateOptions{FieldManager: manager})
	}
	if !k.settings.upsert {
		switch _, err := client.Get(ctx, object.GetName(), metav1.GetOptions{}); {
		case err == nil:
			return nil, errExists
		case apierrors.IsForbidden(err):
			// Whoever may write but not read is told by the write.
		case !apierrors.IsNotFound(err):
			return nil, err
		}
	}
	return k.apply(ctx, client, object, manager, false)
}

var errExists = fmt.Errorf("it exists already and is not in this stack's state; import it (pulumi import), delete it, or set upsertExistingObjects on the provider")

// apply sends the object by server-side apply.
func (k *plugin) apply(ctx context.Context, client dynamic.ResourceInterface, object *unstructured.Unstructured, manager string, dryRun bool) (*unstructured.Unstructured, error) {
	body, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	force := k.settings.patchForce || object.GetAnnotations()[patchForce] == "true"
	options := metav1.PatchOptions{FieldManager: manager, Force: &force}
	if dryRun {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return client.Patch(ctx, object.GetName(), types.ApplyPatchType, body, options)
}

func (k *plugin) update(ctx context.Context, request p.UpdateRequest) (p.UpdateResponse, error) {
	if err := refuse(request.Urn); err != nil {
		return p.UpdateResponse{}, err
	}
	ctx, done := k.within(ctx)
	defer done()
	inputs := request.Inputs
	kind := kindOf(request.Urn, inputs)
	manager := textAt(request.State, managerKey)
	if manager == "" {
		manager = madeUpName("pulumi-kubernetes")
	}
	if request.DryRun {
		return p.UpdateResponse{Properties: k.previewed(ctx, inputs, kind, manager, true)}, nil
	}
	object := toAPIObject(inputs)
	if object.GetName() == "" {
		// Made by generateName; the identifier is the only one that knows the name.
		_, name := splitID(request.ID)
		object.SetName(name)
	}
	if k.settings.renderDirectory != "" {
		if err := k.render(object); err != nil {
			return p.UpdateResponse{}, err
		}
		return p.UpdateResponse{Properties: stateOf(object, inputs, manager)}, nil
	}
	connection, err := k.cluster()
	if err != nil {
		if k.settings.skipUpdateUnreachable {
			p.GetLogger(ctx).Warningf("%v; the update is skipped (skipUpdateUnreachable)", err)
			return p.UpdateResponse{Properties: request.State}, nil
		}
		return p.UpdateResponse{}, err
	}
	client, err := connection.clientSoon(ctx, kind, object.GetNamespace())
	if err != nil {
		return p.UpdateResponse{}, err
	}
	var made *unstructured.Unstructured
	if k.settings.serverSideApply {
		made, err = k.apply(ctx, client, object, manager, false)
	} else {
		made, err = merge(ctx, client, toAPIObject(request.OldInputs), object, manager)
	}
	if err != nil {
		return p.UpdateResponse{}, k.explain(err, object, inputs)
	}
	live, waitErr := k.await(ctx, connection, client, made, request.Timeout)
	response := p.UpdateResponse{Properties: stateOf(live, inputs, manager)}
	if waitErr != nil {
		message := hide(waitErr.Error(), inputs)
		response.PartialState = &p.InitializationFailed{Reasons: []string{message}}
		return response, fmt.Errorf("%s was updated but does not become ready: %s", title(made), message)
	}
	return response, nil
}

// merge changes an object without server-side apply: what the program changed since the last time, over what is there.
func merge(ctx context.Context, client dynamic.ResourceInterface, before, object *unstructured.Unstructured, manager string) (*unstructured.Unstructured, error) {
	live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var documents [3][]byte
	for i, document := range []*unstructured.Unstructured{before, object, live} {
		if documents[i], err = json.Marshal(document.Object); err != nil {
			return nil, err
		}
	}
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(documents[0], documents[1], documents[2])
	if err != nil {
		return nil, err
	}
	return client.Patch(ctx, object.GetName(), types.MergePatchType, patch, metav1.PatchOptions{FieldManager: manager})
}

// previewed is what an object would look like: the API server's answer to a dry run where it can give one, else the inputs.
func (k *plugin) previewed(ctx context.Context, inputs property.Map, kind kindOfObject, manager string, exists bool) property.Map {
	unknown := stateOf(toAPIObject(inputs), inputs, manager)
	for name, value := range inputs.All {
		unknown = unknown.Set(name, value)
	}
	unknown = withUnknowns(unknown, inputs, kind, exists)
	if property.New(inputs).HasComputed() {
		return unknown
	}
	connection := k.clusterForPreview(ctx)
	if connection == nil || !k.settings.serverSideApply {
		return unknown
	}
	object := toAPIObject(inputs)
	client, err := connection.client(kind, object.GetNamespace())
	if err != nil {
		if meta.IsNoMatchError(err) && !builtin(kind.Group) {
			return unknown
		}
		p.GetLogger(ctx).Warning(err.Error())
		return unknown
	}
	if object.GetName() == "" {
		return unknown
	}
	answer, err := k.apply(ctx, client, object, manager, true)
	switch {
	case err == nil:
		return previewOf(answer, inputs, manager, exists)
	case apierrors.IsNotFound(err):
		// The namespace is made by the same program.
		return unknown
	default:
		// The update will say it again as an error; a preview must not fail for what may be different by then.
		p.GetLogger(ctx).Warning(k.explain(err, object, inputs).Error())
		return unknown
	}
}

// toAPIObject is the object to send. stringData is a field that can only be written, which server-side apply cannot take
// back, so it goes out as data.
func toAPIObject(inputs property.Map) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: toObject(inputs)}
	texts, ok := object.Object["stringData"].(map[string]any)
	if !ok || object.GetKind() != "Secret" || object.GetAPIVersion() != "v1" {
		return object
	}
	data, _ := object.Object["data"].(map[string]any)
	merged := map[string]any{}
	for name, value := range data {
		merged[name] = value
	}
	for name, value := range texts {
		if text, ok := value.(string); ok {
			merged[name] = base64.StdEncoding.EncodeToString([]byte(text))
		}
	}
	object.Object["data"] = merged
	delete(object.Object, "stringData")
	return object
}
