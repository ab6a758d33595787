package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

const (
	skipAwait      = "pulumi.com/skipAwait"
	timeoutSeconds = "pulumi.com/timeoutSeconds"
	waitFor        = "pulumi.com/waitFor"
	pollInterval   = 500 * time.Millisecond
)

// progress is what one look at an object tells: ready, failed for good, or neither with what is still missing.
type progress struct {
	ready, failed bool
	// missing says what is being waited for, for the status line and for the error at the end.
	missing string
}

func ready() progress { return progress{ready: true} }

func waiting(format string, args ...any) progress {
	return progress{missing: fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) progress {
	return progress{failed: true, missing: fmt.Sprintf(format, args...)}
}

// waiter knows when objects of a kind are ready, and why they are not.
type waiter struct {
	timeout time.Duration
	// look judges the object as it is now.
	look func(ctx context.Context, c *cluster, object *unstructured.Unstructured) progress
	// reasons collects what pods and events say; nil where there are none.
	reasons func(ctx context.Context, c *cluster, object *unstructured.Unstructured) []string
}

// waiters by kind. The time limits are those of the official plugin.
var waiters = map[schema.GroupKind]waiter{
	{Group: "apps", Kind: "Deployment"}:                               {10 * time.Minute, lookAtDeployment, workloadReasons},
	{Group: "apps", Kind: "StatefulSet"}:                              {10 * time.Minute, lookAtStatefulSet, workloadReasons},
	{Group: "apps", Kind: "DaemonSet"}:                                {10 * time.Minute, lookAtDaemonSet, workloadReasons},
	{Group: "apps", Kind: "ReplicaSet"}:                               {10 * time.Minute, lookAtReplicaSet, workloadReasons},
	{Group: "batch", Kind: "Job"}:                                     {10 * time.Minute, lookAtJob, workloadReasons},
	{Kind: "ReplicationController"}:                                   {10 * time.Minute, lookAtReplicaSet, workloadReasons},
	{Kind: "Pod"}:                                                     {10 * time.Minute, lookAtPod, podOwnReasons},
	{Kind: "Service"}:                                                 {10 * time.Minute, lookAtService, serviceReasons},
	{Kind: "PersistentVolumeClaim"}:                                   {5 * time.Minute, lookAtClaim, eventReasons},
	{Kind: "PersistentVolume"}:                                        {5 * time.Minute, lookAtVolume, eventReasons},
	{Kind: "Namespace"}:                                               {5 * time.Minute, lookAtNamespace, nil},
	{Group: "networking.k8s.io", Kind: "Ingress"}:                     {10 * time.Minute, lookAtIngress, eventReasons},
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}: {5 * time.Minute, lookAtDefinition, nil},
}

func skipsAwait(object *unstructured.Unstructured) bool {
	return object.GetAnnotations()[skipAwait] == "true"
}

// timeoutOf is the annotation's limit, else the resource option's (customTimeouts, in seconds), else the kind's own.
func timeoutOf(object *unstructured.Unstructured, custom float64, own time.Duration) time.Duration {
	if seconds, err := strconv.Atoi(object.GetAnnotations()[timeoutSeconds]); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second
	}
	if custom > 0 {
		return time.Duration(custom * float64(time.Second))
	}
	return own
}

// await waits until an object is ready and returns it as it is then. Its error says what is missing and why.
func (k *plugin) await(ctx context.Context, c *cluster, client dynamic.ResourceInterface, object *unstructured.Unstructured, custom float64) (*unstructured.Unstructured, error) {
	kind := waiters[object.GroupVersionKind().GroupKind()]
	if wanted := object.GetAnnotations()[waitFor]; wanted != "" {
		condition, err := parseWaitFor(wanted)
		if err != nil {
			return object, err
		}
		kind.look = condition
		kind.timeout = max(kind.timeout, 10*time.Minute)
	}
	if kind.look == nil || skipsAwait(object) {
		return object, nil
	}
	timeout := timeoutOf(object, custom, kind.timeout)
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	logger := p.GetLogger(ctx)
	state, told := kind.look(limited, c, object), ""
	for {
		if state.ready {
			return object, nil
		}
		if state.failed {
			return object, errors.New(explained(ctx, c, kind, object, state.missing))
		}
		if state.missing != told {
			told = state.missing
			logger.InfoStatus(told)
		}
		select {
		case <-limited.Done():
			if ctx.Err() != nil {
				return object, fmt.Errorf("the wait was cancelled: %s", state.missing)
			}
			return object, errors.New(explained(ctx, c, kind, object, fmt.Sprintf("timed out after %s: %s", timeout, state.missing)))
		case <-time.After(pollInterval):
		}
		live, err := client.Get(limited, object.GetName(), metav1.GetOptions{})
		switch {
		case err == nil:
			object = live
			state = kind.look(limited, c, object)
		case apierrors.IsNotFound(err):
			return object, errors.New("it was deleted while it was being waited for")
		case apierrors.IsForbidden(err):
			// Allowed to make it, not to look at it: nothing can be waited for.
			logger.Warningf("%s cannot be waited for: %v", title(object), err)
			return object, nil
		}
	}
}

// explained adds the reasons of pods and events to what is missing. The time limit may be over, so it has one of its own.
func explained(ctx context.Context, c *cluster, kind waiter, object *unstructured.Unstructured, missing string) string {
	if kind.reasons == nil {
		return missing
	}
	limited, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	var text strings.Builder
	text.WriteString(missing)
	for _, reason := range kind.reasons(limited, c, object) {
		text.WriteString("\n  - " + strings.ReplaceAll(reason, "\n", "\n    "))
	}
	return text.String()
}

// number reads a whole number of an object, 0 where there is none.
func number(object *unstructured.Unstructured, names ...string) int64 {
	value, _, _ := unstructured.NestedInt64(object.Object, names...)
	return value
}

func text(object *unstructured.Unstructured, names ...string) string {
	value, _, _ := unstructured.NestedString(object.Object, names...)
	return value
}

// condition is one entry of an object's status.conditions.
type condition struct{ status, reason, message string }

func conditionOf(object *unstructured.Unstructured, name string) condition {
	list, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, item := range list {
		entry, ok := item.(map[string]any)
		if !ok || entry["type"] != name {
			continue
		}
		read := func(key string) string {
			value, _ := entry[key].(string)
			return value
		}
		return condition{read("status"), read("reason"), read("message")}
	}
	return condition{}
}

// conditionMessages joins the messages of true conditions whose names begin with one of the prefixes.
func conditionMessages(object *unstructured.Unstructured, prefixes ...string) string {
	list, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	var messages []string
	for _, item := range list {
		entry, ok := item.(map[string]any)
		if !ok || entry["status"] != "True" {
			continue
		}
		name, _ := entry["type"].(string)
		for _, prefix := range prefixes {
			if message, _ := entry["message"].(string); strings.HasPrefix(name, prefix) && message != "" {
				messages = append(messages, message)
			}
		}
	}
	return strings.Join(messages, "; ")
}
