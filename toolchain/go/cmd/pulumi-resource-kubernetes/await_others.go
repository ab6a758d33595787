package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/util/jsonpath"
)

var (
	endpointSlices = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}
	storageClasses = schema.GroupVersionResource{Group: "storage.k8s.io", Version: "v1", Resource: "storageclasses"}
)

// lookAtService waits for an address of the load balancer, and for a ready pod behind a selector.
func lookAtService(ctx context.Context, c *cluster, object *unstructured.Unstructured) progress {
	kind := text(object, "spec", "type")
	if kind == "ExternalName" {
		return ready()
	}
	if kind == "LoadBalancer" {
		if addresses, _, _ := unstructured.NestedSlice(object.Object, "status", "loadBalancer", "ingress"); len(addresses) == 0 {
			return waiting("the load balancer has no address yet")
		}
	}
	if selector, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector"); len(selector) == 0 {
		return ready()
	}
	slices, err := c.dynamic.Resource(endpointSlices).Namespace(object.GetNamespace()).List(ctx,
		metav1.ListOptions{LabelSelector: "kubernetes.io/service-name=" + object.GetName()})
	if err != nil {
		return waiting("its endpoints cannot be listed: %v", err)
	}
	for _, slice := range slices.Items {
		endpoints, _, _ := unstructured.NestedSlice(slice.Object, "endpoints")
		for _, item := range endpoints {
			endpoint, ok := item.(map[string]any)
			// An absent condition means unknown, which readers take for ready (API reference of EndpointConditions).
			if isReady, found, _ := unstructured.NestedBool(endpoint, "conditions", "ready"); ok && (isReady || !found) {
				return ready()
			}
		}
	}
	return waiting("the service has no ready pod behind it: the selected pods are not ready, or its selector matches none")
}

func lookAtIngress(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if addresses, _, _ := unstructured.NestedSlice(object.Object, "status", "loadBalancer", "ingress"); len(addresses) > 0 {
		return ready()
	}
	return waiting("no ingress controller has given it an address; is one installed that serves its ingressClassName?")
}

// lookAtClaim is content with a claim that waits for its first pod: that pod may come later.
func lookAtClaim(ctx context.Context, c *cluster, object *unstructured.Unstructured) progress {
	switch phase := text(object, "status", "phase"); phase {
	case "Bound":
		return ready()
	case "Lost":
		return failed("the volume it was bound to is gone")
	default:
		if name := text(object, "spec", "storageClassName"); name != "" {
			class, err := c.dynamic.Resource(storageClasses).Get(ctx, name, metav1.GetOptions{})
			if err == nil && text(class, "volumeBindingMode") == "WaitForFirstConsumer" {
				return ready()
			}
		}
		return waiting("the claim is not bound to a volume (%s)", phase)
	}
}

func lookAtVolume(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	switch phase := text(object, "status", "phase"); phase {
	case "Available", "Bound", "Released":
		return ready()
	case "Failed":
		return failed("the volume failed: %s", text(object, "status", "message"))
	default:
		return waiting("the volume is not available (%s)", phase)
	}
}

func lookAtNamespace(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	switch phase := text(object, "status", "phase"); phase {
	case "Active":
		return ready()
	case "Terminating":
		return failed("the namespace is being deleted; wait until it is gone and run the command again")
	default:
		return waiting("the namespace is not active")
	}
}

func lookAtDefinition(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if names := conditionOf(object, "NamesAccepted"); names.status == "False" {
		return failed("its names are not accepted: %s", names.message)
	}
	if conditionOf(object, "Established").status == "True" {
		return ready()
	}
	return waiting("the definition is not established")
}

// parseWaitFor reads the annotation pulumi.com/waitFor: "condition=Ready", "condition=Ready=False" or
// "jsonpath={.status.phase}=Running", as `kubectl wait --for` writes them.
func parseWaitFor(wanted string) (func(context.Context, *cluster, *unstructured.Unstructured) progress, error) {
	if rest, ok := strings.CutPrefix(wanted, "condition="); ok {
		name, status, given := strings.Cut(rest, "=")
		if !given {
			status = "True"
		}
		return func(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
			is := conditionOf(object, name)
			if strings.EqualFold(is.status, status) {
				return ready()
			}
			return waiting("its condition %s is not %s: %s", name, status, is.message)
		}, nil
	}
	rest, ok := strings.CutPrefix(wanted, "jsonpath=")
	end := strings.LastIndex(rest, "}")
	if !ok || end < 0 {
		return nil, fmt.Errorf(`the annotation %s is %q; write "condition=Ready" or "jsonpath={.status.phase}=Running"`, waitFor, wanted)
	}
	query, value := rest[:end+1], strings.TrimPrefix(rest[end+1:], "=")
	path := jsonpath.New(waitFor).AllowMissingKeys(true)
	if err := path.Parse(query); err != nil {
		return nil, fmt.Errorf("the annotation %s: %w", waitFor, err)
	}
	return func(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
		var found bytes.Buffer
		if err := path.Execute(&found, object.Object); err != nil {
			return waiting("%s: %v", query, err)
		}
		if is := found.String(); is != "" && (value == "" || is == value) {
			return ready()
		}
		return waiting("%s is %q, not %q", query, found.String(), value)
	}, nil
}
