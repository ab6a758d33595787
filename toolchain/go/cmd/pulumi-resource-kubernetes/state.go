package main

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

type kindOfObject = schema.GroupVersionKind

// idOf is the identifier as the official plugin writes it: namespace/name, or the name alone.
func idOf(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return object.GetName()
	}
	return object.GetNamespace() + "/" + object.GetName()
}

func splitID(id string) (namespace, name string) {
	if namespace, name, ok := strings.Cut(id, "/"); ok {
		return namespace, name
	}
	return "", id
}

// title names an object for people.
func title(object *unstructured.Unstructured) string { return object.GetKind() + " " + idOf(object) }

// stateOf is what the stack remembers of an object: what the API server says, the inputs it was made from, its field manager.
// What was secret in the inputs is secret in it, and a Secret's data always is.
func stateOf(object *unstructured.Unstructured, inputs property.Map, manager string) property.Map {
	plain := object.DeepCopy()
	unstructured.RemoveNestedField(plain.Object, "metadata", "managedFields")
	state := mapWithSecretsOf(fromObject(plain.Object), inputs)
	if object.GetKind() == "Secret" && object.GetAPIVersion() == "v1" {
		for _, name := range []string{"data", "stringData"} {
			if value, ok := state.GetOk(name); ok {
				state = state.Set(name, value.WithSecret(true))
			}
		}
		// The API server does not give stringData back, and programs read it where they wrote it.
		if texts, ok := inputs.GetOk("stringData"); ok {
			state = state.Set("stringData", texts.WithSecret(true))
		}
	}
	if inputs.Len() > 0 {
		state = state.Set("__inputs", property.New(inputs))
	}
	state = state.Set("__initialApiVersion", property.New(object.GetAPIVersion()))
	return state.Set(managerKey, property.New(manager))
}

// madeByServer lists what the API server makes up, anew in each dry run, so that a preview must not take it for the later truth.
var madeByServer = map[string][][]string{
	"":        {{"metadata", "uid"}, {"metadata", "creationTimestamp"}, {"metadata", "resourceVersion"}, {"metadata", "generation"}},
	"Service": {{"spec", "clusterIP"}, {"spec", "clusterIPs"}},
	"Pod":     {{"spec", "nodeName"}},
}

// withUnknowns makes unknown what only the real update can tell.
func withUnknowns(state, inputs property.Map, kind schema.GroupVersionKind, exists bool) property.Map {
	computed := property.New(property.Computed)
	state = state.Set("status", computed)
	for _, about := range []string{"", kind.Kind} {
		for _, place := range madeByServer[about] {
			if about != "" && kind.Group != "" {
				continue
			}
			_, given := at(inputs, place...)
			parent, there := at(state, place[0])
			// Of an object that exists only the version changes.
			stays := exists && place[1] != "resourceVersion" && place[1] != "generation"
			if !given && !stays && there && parent.IsMap() {
				state = put(state, computed, place...)
			}
		}
	}
	return state
}

// previewOf is the state that an update would end in, with what only the real one can tell unknown.
func previewOf(answer *unstructured.Unstructured, inputs property.Map, manager string, exists bool) property.Map {
	state := withUnknowns(stateOf(answer, inputs, manager), inputs, answer.GroupVersionKind(), exists)
	if !exists && answer.GetKind() == "Service" {
		state = withoutNodePorts(state, inputs)
	}
	return state
}

// withoutNodePorts makes the ports that a dry run allocated unknown.
func withoutNodePorts(state, inputs property.Map) property.Map {
	ports, ok := at(state, "spec", "ports")
	if !ok || !ports.IsArray() {
		return state
	}
	items := ports.AsArray().AsSlice()
	for i, item := range items {
		if !item.IsMap() {
			continue
		}
		if _, allocated := item.AsMap().GetOk("nodePort"); !allocated {
			continue
		}
		if given, ok := at(inputs, "spec", "ports"); ok && given.IsArray() && i < given.AsArray().Len() {
			if asked := given.AsArray().Get(i); asked.IsMap() && !asked.AsMap().Get("nodePort").IsNull() {
				continue
			}
		}
		items[i] = property.New(item.AsMap().Set("nodePort", property.New(property.Computed)))
	}
	return put(state, property.New(items), "spec", "ports")
}

// explain adds to an answer of the API server what to do about it, and hides the secrets in it.
func (k *plugin) explain(err error, object *unstructured.Unstructured, inputs property.Map) error {
	message := hide(err.Error(), inputs)
	advice := ""
	switch {
	case apierrors.IsConflict(err) && strings.Contains(message, "conflict"):
		advice = fmt.Sprintf(" Another manager owns these fields: leave them out of the program, or take them over with the annotation %s: \"true\".", patchForce)
	case apierrors.IsForbidden(err) && strings.Contains(message, "violates PodSecurity"):
		advice = " The namespace's Pod Security level refuses these pods."
	case apierrors.IsForbidden(err) && strings.Contains(message, "exceeded quota"):
		advice = " The namespace's ResourceQuota is used up."
	case apierrors.IsForbidden(err):
		advice = fmt.Sprintf(" Give these credentials the right to do it in %s (Role and RoleBinding), or use another context.", where(object))
	case apierrors.IsNotFound(err) && strings.Contains(message, "namespaces "):
		advice = fmt.Sprintf(" Make the namespace %s first, and let this resource depend on it.", object.GetNamespace())
	case apierrors.IsInvalid(err) && strings.Contains(message, "immutable"):
		advice = ` This field cannot be changed; replace the object by the resource option replaceOnChanges.`
	}
	return fmt.Errorf("%s: %s.%s", title(object), strings.TrimSuffix(message, "."), advice)
}

func where(object *unstructured.Unstructured) string {
	if object.GetNamespace() == "" {
		return "the whole cluster"
	}
	return "the namespace " + object.GetNamespace()
}
