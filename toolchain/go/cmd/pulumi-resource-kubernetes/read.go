package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
)

func (k *plugin) read(ctx context.Context, request p.ReadRequest) (p.ReadResponse, error) {
	if err := refuse(request.Urn); err != nil {
		return p.ReadResponse{}, err
	}
	if k.settings.renderDirectory != "" {
		return p.ReadResponse{ID: request.ID, Properties: request.Properties, Inputs: request.Inputs}, nil
	}
	connection, err := k.cluster()
	if err != nil {
		if k.settings.deleteUnreachable && errors.Is(err, errUnreachable) {
			p.GetLogger(ctx).Warningf("%v; taken for deleted (deleteUnreachable)", err)
			return p.ReadResponse{}, nil
		}
		return p.ReadResponse{}, err
	}
	inputs := request.Inputs
	if recorded, ok := request.Properties.GetOk("__inputs"); ok && recorded.IsMap() && inputs.Len() == 0 {
		inputs = recorded.AsMap()
	}
	kind := kindOf(request.Urn, inputs)
	namespace, name := splitID(request.ID)
	client, err := connection.client(kind, namespace)
	if meta.IsNoMatchError(err) {
		// The kind went with its CustomResourceDefinition, and its objects with it.
		return p.ReadResponse{}, nil
	}
	if err != nil {
		return p.ReadResponse{}, err
	}
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return p.ReadResponse{}, nil
	}
	if err != nil {
		return p.ReadResponse{}, fmt.Errorf("%s %s: %w", kind.Kind, request.ID, err)
	}
	if inputs.Len() == 0 {
		inputs = importedInputs(live)
	} else {
		inputs = liveInputs(inputs, live)
	}
	manager := textAt(request.Properties, managerKey)
	if manager == "" {
		manager = madeUpName("pulumi-kubernetes")
	}
	return p.ReadResponse{ID: idOf(live), Properties: stateOf(live, inputs, manager), Inputs: inputs}, nil
}

// importedInputs is the program that would have made an object: all of it but what the API server adds.
func importedInputs(live *unstructured.Unstructured) property.Map {
	object := live.DeepCopy()
	delete(object.Object, "status")
	for _, name := range []string{"managedFields", "uid", "resourceVersion", "generation", "creationTimestamp", "selfLink", "ownerReferences"} {
		unstructured.RemoveNestedField(object.Object, "metadata", name)
	}
	inputs := fromObject(object.Object)
	if live.GetKind() == "Secret" && live.GetAPIVersion() == "v1" {
		if data, ok := inputs.GetOk("data"); ok {
			inputs = inputs.Set("data", data.WithSecret(true))
		}
	}
	return inputs
}

// liveInputs puts into the inputs what the object says now, at the places that the program speaks about, so that a refresh
// shows drift there and nowhere else. What the API server only writes differently is not drift.
func liveInputs(inputs property.Map, live *unstructured.Unstructured) property.Map {
	object := fromObject(live.Object)
	if _, ok := inputs.GetOk("stringData"); ok {
		// Given back as data; compared as such.
		texts := fromObject(toAPIObject(inputs).Object).Get("data")
		if sameData(texts, object.Get("data")) {
			object = object.Set("stringData", inputs.Get("stringData"))
		} else {
			object = object.Set("stringData", property.New("changed outside"))
		}
		if data, ok := inputs.GetOk("data"); ok {
			object = object.Set("data", data)
		}
	}
	return merged(property.New(inputs), property.New(object)).AsMap()
}

// sameData tells whether every entry of a Secret's data is there unchanged.
func sameData(wanted, live property.Value) bool {
	if !live.IsMap() {
		return !wanted.IsMap() || wanted.AsMap().Len() == 0
	}
	for name, value := range wanted.AsMap().All {
		if !sameScalar(value, live.AsMap().Get(name)) {
			return false
		}
	}
	return true
}

func merged(wanted, live property.Value) property.Value {
	switch {
	case wanted.IsMap() && live.IsMap():
		result := property.Map{}
		for name, item := range wanted.AsMap().All {
			if value, ok := live.AsMap().GetOk(name); ok {
				result = result.Set(name, merged(item, value))
			} else if isEmpty(item) {
				result = result.Set(name, item)
			}
		}
		return property.New(result).WithSecret(wanted.Secret())
	case wanted.IsArray() && live.IsArray():
		return mergedLists(wanted, live.AsArray().AsSlice())
	case sameMeaning(wanted, live):
		return wanted
	default:
		return live.WithSecret(wanted.Secret())
	}
}

// mergedLists pairs the items of lists by name where they have one, as server-side apply does, else by position. What others
// added to a list of named items is none of the program's business.
func mergedLists(wanted property.Value, live []property.Value) property.Value {
	result := []property.Value{}
	named := true
	for i, item := range wanted.AsArray().All {
		if name := nameOf(item); name != "" {
			for _, candidate := range live {
				if nameOf(candidate) == name {
					result = append(result, merged(item, candidate))
				}
			}
			continue
		}
		named = false
		if i < len(live) {
			result = append(result, merged(item, live[i]))
		}
	}
	if count := wanted.AsArray().Len(); !named && len(live) > count {
		result = append(result, live[count:]...)
	}
	return property.New(result).WithSecret(wanted.Secret())
}

// nameOf is what the API server tells the items of a list apart by. Several mounts may be of one volume, so theirs is the path.
func nameOf(item property.Value) string {
	if !item.IsMap() {
		return ""
	}
	if path := textAt(item.AsMap(), "mountPath"); path != "" {
		return path
	}
	return textAt(item.AsMap(), "name")
}

// isEmpty tells what the API server leaves out: nothing, "", false, 0, empty lists and objects.
func isEmpty(value property.Value) bool {
	switch {
	case value.IsMap():
		return value.AsMap().Len() == 0
	case value.IsArray():
		return value.AsArray().Len() == 0
	case value.IsString():
		return value.AsString() == ""
	case value.IsBool():
		return !value.AsBool()
	case value.IsNumber():
		return value.AsNumber() == 0
	default:
		return value.IsNull()
	}
}

// sameMeaning knows that 0.5 CPU is 500m, and that a port may be a number or its text.
func sameMeaning(wanted, live property.Value) bool {
	if sameScalar(wanted, live) {
		return true
	}
	left, ok := scalarText(wanted)
	right, known := scalarText(live)
	if !ok || !known {
		return false
	}
	a, err := resource.ParseQuantity(left)
	b, err2 := resource.ParseQuantity(right)
	return err == nil && err2 == nil && a.Cmp(b) == 0
}

func scalarText(value property.Value) (string, bool) {
	switch {
	case value.IsString():
		return value.AsString(), true
	case value.IsNumber():
		return strconv.FormatFloat(value.AsNumber(), 'f', -1, 64), true
	default:
		return "", false
	}
}

func (k *plugin) delete(ctx context.Context, request p.DeleteRequest) error {
	if err := refuse(request.Urn); err != nil {
		return err
	}
	ctx, done := k.within(ctx)
	defer done()
	inputs := request.OldInputs
	if recorded, ok := request.Properties.GetOk("__inputs"); ok && recorded.IsMap() && inputs.Len() == 0 {
		inputs = recorded.AsMap()
	}
	if k.settings.renderDirectory != "" {
		return k.unrender(toAPIObject(inputs))
	}
	connection, err := k.cluster()
	if err != nil {
		if k.settings.deleteUnreachable && errors.Is(err, errUnreachable) {
			p.GetLogger(ctx).Warningf("%v; taken for deleted (deleteUnreachable)", err)
			return nil
		}
		return fmt.Errorf("%w. If the cluster is gone for good, set deleteUnreachable on the provider (PULUMI_K8S_DELETE_UNREACHABLE=true)", err)
	}
	kind := kindOf(request.Urn, inputs)
	namespace, name := splitID(request.ID)
	client, err := connection.client(kind, namespace)
	if meta.IsNoMatchError(err) {
		return nil
	}
	if err != nil {
		return err
	}
	foreground := metav1.DeletePropagationForeground
	options := metav1.DeleteOptions{PropagationPolicy: &foreground}
	live, err := client.Get(ctx, name, metav1.GetOptions{})
	if err == nil {
		// Somebody may have made another object of the same name; that one is not ours.
		uid := live.GetUID()
		options.Preconditions = &metav1.Preconditions{UID: &uid}
		err = client.Delete(ctx, name, options)
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s %s: %s", kind.Kind, request.ID, hide(err.Error(), inputs))
	}
	if skipsAwait(live) {
		return nil
	}
	return awaitDeleted(ctx, connection, client, live, timeoutOf(live, request.Timeout, 10*time.Minute))
}

// awaitDeleted waits until an object is gone or another has taken its name.
func awaitDeleted(ctx context.Context, connection *cluster, client dynamic.ResourceInterface, object *unstructured.Unstructured, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		live, err := client.Get(ctx, object.GetName(), metav1.GetOptions{})
		switch {
		case apierrors.IsNotFound(err), err == nil && live.GetUID() != object.GetUID():
			return nil
		case err == nil:
			object = live
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s is not gone after %s%s", title(object), timeout, holdsBack(object))
		case <-time.After(pollInterval):
		}
	}
}

// holdsBack tells what an object that is being deleted waits for.
func holdsBack(object *unstructured.Unstructured) string {
	if conditions := conditionMessages(object, "NamespaceDeletion", "NamespaceFinalizers", "NamespaceContent"); conditions != "" {
		return ": " + conditions
	}
	if finalizers := object.GetFinalizers(); len(finalizers) > 0 {
		return fmt.Sprintf("; these finalizers hold it back: %v", finalizers)
	}
	return ""
}
