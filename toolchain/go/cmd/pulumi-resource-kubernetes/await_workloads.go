package main

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// wantedReplicas is what the API server holds the count to be: an absent one was set to 1 or by an autoscaler.
func wantedReplicas(object *unstructured.Unstructured) int64 {
	if value, found, _ := unstructured.NestedInt64(object.Object, "spec", "replicas"); found {
		return value
	}
	return 1
}

// seen tells whether the controller has looked at the object since it last changed; its status is about an old one before.
func seen(object *unstructured.Unstructured) bool {
	return number(object, "status", "observedGeneration") >= object.GetGeneration()
}

// lookAtDeployment follows `kubectl rollout status`: all replicas of the new template, none of the old, all available.
func lookAtDeployment(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if !seen(object) {
		return waiting("waiting for the deployment controller")
	}
	if paused, _, _ := unstructured.NestedBool(object.Object, "spec", "paused"); paused {
		return ready()
	}
	wanted := wantedReplicas(object)
	updated, total := number(object, "status", "updatedReplicas"), number(object, "status", "replicas")
	available := number(object, "status", "availableReplicas")
	if rolling := conditionOf(object, "Progressing"); rolling.reason == "ProgressDeadlineExceeded" {
		return failed("the rollout made no progress within progressDeadlineSeconds (%d s): %d of %d replicas are updated, %d available",
			number(object, "spec", "progressDeadlineSeconds"), updated, wanted, available)
	}
	switch {
	case updated < wanted:
		return waiting("%d of %d replicas are updated", updated, wanted)
	case total > updated:
		return waiting("%d old replicas are still to stop", total-updated)
	case available < updated:
		return waiting("%d of %d updated replicas are available", available, updated)
	}
	return ready()
}

func lookAtStatefulSet(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if !seen(object) {
		return waiting("waiting for the stateful set controller")
	}
	wanted := wantedReplicas(object)
	if count := number(object, "status", "readyReplicas"); count < wanted {
		return waiting("%d of %d replicas are ready", count, wanted)
	}
	if text(object, "spec", "updateStrategy", "type") == "OnDelete" {
		return ready()
	}
	partition := number(object, "spec", "updateStrategy", "rollingUpdate", "partition")
	if partition > 0 {
		if updated := number(object, "status", "updatedReplicas"); updated < wanted-partition {
			return waiting("%d of %d replicas above the partition are updated", updated, wanted-partition)
		}
		return ready()
	}
	if text(object, "status", "updateRevision") != text(object, "status", "currentRevision") {
		return waiting("%d of %d replicas are updated", number(object, "status", "updatedReplicas"), wanted)
	}
	return ready()
}

func lookAtDaemonSet(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if !seen(object) {
		return waiting("waiting for the daemon set controller")
	}
	wanted := number(object, "status", "desiredNumberScheduled")
	updated := number(object, "status", "updatedNumberScheduled")
	if text(object, "spec", "updateStrategy", "type") != "OnDelete" && updated < wanted {
		return waiting("%d of %d nodes run the new template", updated, wanted)
	}
	if available := number(object, "status", "numberAvailable"); available < wanted {
		return waiting("%d of %d nodes have an available replica", available, wanted)
	}
	return ready()
}

func lookAtReplicaSet(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if !seen(object) {
		return waiting("waiting for the replica set controller")
	}
	wanted := wantedReplicas(object)
	if count := number(object, "status", "availableReplicas"); count < wanted {
		return waiting("%d of %d replicas are available", count, wanted)
	}
	return ready()
}

func lookAtJob(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	if suspended, _, _ := unstructured.NestedBool(object.Object, "spec", "suspend"); suspended {
		return ready()
	}
	if conditionOf(object, "Complete").status == "True" {
		return ready()
	}
	if failure := conditionOf(object, "Failed"); failure.status == "True" {
		return failed("the job failed (%s): %s", failure.reason, failure.message)
	}
	return waiting("the job is not complete: %d active, %d succeeded, %d failed", number(object, "status", "active"),
		number(object, "status", "succeeded"), number(object, "status", "failed"))
}

func lookAtPod(_ context.Context, _ *cluster, object *unstructured.Unstructured) progress {
	switch phase := text(object, "status", "phase"); phase {
	case "Succeeded":
		return ready()
	case "Failed":
		return failed("the pod failed: %s %s", text(object, "status", "reason"), text(object, "status", "message"))
	default:
		if conditionOf(object, "Ready").status == "True" {
			return ready()
		}
		return waiting("the pod is not ready (%s)", phase)
	}
}
