package main

import (
	"context"
	"fmt"
	"sort"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var (
	podResource        = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	eventResource      = schema.GroupVersionResource{Version: "v1", Resource: "events"}
	replicaSetResource = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "replicasets"}
)

// maxReasons bounds how much of many alike failures is shown.
const maxReasons = 6

// workloadReasons tells what the pods of a workload suffer from, and what its controllers say.
func workloadReasons(ctx context.Context, c *cluster, object *unstructured.Unstructured) []string {
	var reasons []string
	if refusal := conditionOf(object, "ReplicaFailure"); refusal.status == "True" {
		reasons = append(reasons, refusal.reason+": "+refusal.message)
	}
	reasons = append(reasons, eventReasons(ctx, c, object)...)
	pods := podsOf(ctx, c, object)
	reasons = append(reasons, podsReasons(ctx, c, pods)...)
	return firstDistinct(reasons)
}

// podsOf lists the pods of a workload, of a Deployment those of its newest replica set: the old ones are not the problem.
func podsOf(ctx context.Context, c *cluster, object *unstructured.Unstructured) []unstructured.Unstructured {
	selector := selectorOf(object)
	if selector == "" {
		return nil
	}
	list, err := c.dynamic.Resource(podResource).Namespace(object.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return nil
	}
	owner := object.GetUID()
	if object.GetKind() == "Deployment" {
		sets, err := c.dynamic.Resource(replicaSetResource).Namespace(object.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return list.Items
		}
		owned := sets.Items[:0]
		for _, set := range sets.Items {
			if controller := metav1.GetControllerOf(&set); controller != nil && controller.UID == object.GetUID() {
				owned = append(owned, set)
			}
		}
		if len(owned) == 0 {
			return nil
		}
		sort.Slice(owned, func(i, j int) bool { return revision(owned[i]) > revision(owned[j]) })
		owner = owned[0].GetUID()
	}
	var pods []unstructured.Unstructured
	for _, pod := range list.Items {
		if controller := metav1.GetControllerOf(&pod); controller != nil && controller.UID == owner {
			pods = append(pods, pod)
		}
	}
	return pods
}

func revision(set unstructured.Unstructured) int {
	count := 0
	_, _ = fmt.Sscan(set.GetAnnotations()["deployment.kubernetes.io/revision"], &count) // Absent counts as 0.
	return count
}

// selectorOf writes spec.selector as a list request wants it; of a Service and a ReplicationController it is a plain map.
func selectorOf(object *unstructured.Unstructured) string {
	raw, found, _ := unstructured.NestedMap(object.Object, "spec", "selector")
	if !found {
		return ""
	}
	if _, ok := raw["matchLabels"]; !ok {
		if _, ok := raw["matchExpressions"]; !ok {
			plain, _, _ := unstructured.NestedStringMap(object.Object, "spec", "selector")
			return labels.Set(plain).String()
		}
	}
	var selector metav1.LabelSelector
	matchLabels, _, _ := unstructured.NestedStringMap(raw, "matchLabels")
	selector.MatchLabels = matchLabels
	expressions, _, _ := unstructured.NestedSlice(raw, "matchExpressions")
	for _, item := range expressions {
		entry, _ := item.(map[string]any)
		key, _, _ := unstructured.NestedString(entry, "key")
		operator, _, _ := unstructured.NestedString(entry, "operator")
		values, _, _ := unstructured.NestedStringSlice(entry, "values")
		selector.MatchExpressions = append(selector.MatchExpressions,
			metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOperator(operator), Values: values})
	}
	return metav1.FormatLabelSelector(&selector)
}

func podOwnReasons(ctx context.Context, c *cluster, object *unstructured.Unstructured) []string {
	return firstDistinct(podsReasons(ctx, c, []unstructured.Unstructured{*object}))
}

func serviceReasons(ctx context.Context, c *cluster, object *unstructured.Unstructured) []string {
	reasons := eventReasons(ctx, c, object)
	selector := selectorOf(object)
	if selector == "" {
		return reasons
	}
	list, err := c.dynamic.Resource(podResource).Namespace(object.GetNamespace()).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		return reasons
	}
	if len(list.Items) == 0 {
		return append(reasons, "no pod has the labels "+selector)
	}
	return firstDistinct(append(reasons, podsReasons(ctx, c, list.Items)...))
}

// podsReasons tells for each pod that is not ready which container fails and how, or why it is not scheduled.
func podsReasons(ctx context.Context, c *cluster, pods []unstructured.Unstructured) []string {
	var reasons []string
	for i := range pods {
		pod := &pods[i]
		if conditionOf(pod, "Ready").status == "True" || text(pod, "status", "phase") == "Succeeded" || len(reasons) >= maxReasons {
			continue
		}
		name := "pod " + pod.GetName() + ": "
		if scheduled := conditionOf(pod, "PodScheduled"); scheduled.status == "False" {
			reasons = append(reasons, name+scheduled.reason+": "+scheduled.message)
			continue
		}
		for _, failure := range containerFailures(pod) {
			line := name + failure.String()
			if failure.restarted {
				line += lastLog(ctx, c, pod, failure)
			}
			reasons = append(reasons, line)
		}
		for _, event := range eventReasons(ctx, c, pod) {
			reasons = append(reasons, name+event)
		}
	}
	return reasons
}

// containerFailure is what keeps one container from being ready.
type containerFailure struct {
	container, reason, message string
	exitCode                   int64
	// restarted: it ran and ended, so there is a log.
	restarted, running bool
}

func (f containerFailure) String() string {
	line := fmt.Sprintf("container %s: %s", f.container, f.reason)
	if f.restarted {
		line += fmt.Sprintf(" (exit code %d)", f.exitCode)
	}
	if f.message != "" {
		line += ": " + f.message
	}
	return line
}

func containerFailures(pod *unstructured.Unstructured) []containerFailure {
	var failures []containerFailure
	for _, field := range []string{"initContainerStatuses", "containerStatuses"} {
		statuses, _, _ := unstructured.NestedSlice(pod.Object, "status", field)
		for _, item := range statuses {
			status, ok := item.(map[string]any)
			if !ok {
				continue
			}
			if failure, failing := containerFailureOf(status); failing {
				failures = append(failures, failure)
			}
		}
	}
	return failures
}

// containerFailureOf reads the fields of a container status. ContainerCreating and PodInitializing are no failures: the
// events tell what such a container waits for.
func containerFailureOf(status map[string]any) (containerFailure, bool) {
	read := func(names ...string) string {
		value, _, _ := unstructured.NestedString(status, names...)
		return value
	}
	failure := containerFailure{container: read("name")}
	ended := ""
	for _, state := range []string{"state", "lastState"} {
		if _, found, _ := unstructured.NestedMap(status, state, "terminated"); found && ended == "" {
			failure.exitCode, _, _ = unstructured.NestedInt64(status, state, "terminated", "exitCode")
			ended = read(state, "terminated", "reason")
			failure.restarted = true
			failure.running = state == "lastState"
			failure.message = read(state, "terminated", "message")
		}
	}
	waitingFor := read("state", "waiting", "reason")
	switch {
	case waitingFor == "CrashLoopBackOff":
		failure.reason = waitingFor
	case waitingFor != "" && waitingFor != "ContainerCreating" && waitingFor != "PodInitializing":
		failure.reason, failure.message = waitingFor, read("state", "waiting", "message")
		failure.restarted = false
	case failure.restarted && failure.exitCode != 0:
		failure.reason = ended
	default:
		return failure, false
	}
	return failure, true
}

// lastLog returns the last lines a failed container wrote, indented; "" where they cannot be had.
func lastLog(ctx context.Context, c *cluster, pod *unstructured.Unstructured, failure containerFailure) string {
	request := c.discovery.RESTClient().Get().AbsPath("/api/v1/namespaces", pod.GetNamespace(), "pods", pod.GetName(), "log").
		Param("container", failure.container).Param("tailLines", "10")
	if failure.running {
		request = request.Param("previous", "true")
	}
	log, err := request.DoRaw(ctx)
	if err != nil || len(log) == 0 {
		return ""
	}
	return "\nits last lines:\n  " + strings.ReplaceAll(strings.TrimRight(string(log), "\n"), "\n", "\n  ")
}

// eventReasons lists the latest warnings about an object.
func eventReasons(ctx context.Context, c *cluster, object *unstructured.Unstructured) []string {
	list, err := c.dynamic.Resource(eventResource).Namespace(eventNamespace(object)).List(ctx, metav1.ListOptions{
		FieldSelector: "type=Warning,involvedObject.uid=" + string(object.GetUID()),
	})
	if err != nil {
		return nil
	}
	sort.Slice(list.Items, func(i, j int) bool { return eventTime(list.Items[i]) > eventTime(list.Items[j]) })
	var reasons []string
	for i := range list.Items {
		event := &list.Items[i]
		// Said better by the container's own state.
		if reason := text(event, "reason"); reason != "BackOff" && len(reasons) < 3 {
			reasons = append(reasons, reason+": "+strings.TrimSpace(text(event, "message")))
		}
	}
	return reasons
}

// eventNamespace: events about objects without a namespace are kept in "default".
func eventNamespace(object *unstructured.Unstructured) string {
	if namespace := object.GetNamespace(); namespace != "" {
		return namespace
	}
	return metav1.NamespaceDefault
}

func eventTime(event unstructured.Unstructured) string {
	for _, field := range []string{"lastTimestamp", "eventTime", "firstTimestamp"} {
		if when := text(&event, field); when != "" {
			return when
		}
	}
	return event.GetCreationTimestamp().UTC().Format(metav1.RFC3339Micro)
}

func firstDistinct(reasons []string) []string {
	seen := map[string]bool{}
	var distinct []string
	for _, reason := range reasons {
		if !seen[reason] && len(distinct) < maxReasons {
			distinct = append(distinct, reason)
		}
		seen[reason] = true
	}
	return distinct
}
