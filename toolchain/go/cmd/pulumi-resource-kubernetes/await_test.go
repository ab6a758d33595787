package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestReadiness(t *testing.T) {
	const seen = "metadata: {generation: 2}, "
	for document, want := range map[string]string{
		"{kind: Deployment, " + seen + "status: {observedGeneration: 1}}":                                                                                                          "waiting for the deployment controller",
		"{kind: Deployment, " + seen + "spec: {replicas: 3}, status: {observedGeneration: 2, updatedReplicas: 1}}":                                                                 "1 of 3 replicas are updated",
		"{kind: Deployment, " + seen + "spec: {replicas: 2}, status: {observedGeneration: 2, updatedReplicas: 2, replicas: 3, availableReplicas: 3}}":                              "1 old replicas are still to stop",
		"{kind: Deployment, " + seen + "spec: {replicas: 2}, status: {observedGeneration: 2, updatedReplicas: 2, replicas: 2, availableReplicas: 1}}":                              "1 of 2 updated replicas are available",
		"{kind: Deployment, " + seen + "spec: {replicas: 2}, status: {observedGeneration: 2, updatedReplicas: 2, replicas: 2, availableReplicas: 2}}":                              "ready",
		"{kind: Deployment, " + seen + "spec: {replicas: 0}, status: {observedGeneration: 2}}":                                                                                     "ready",
		"{kind: Deployment, " + seen + "spec: {progressDeadlineSeconds: 9}, status: {observedGeneration: 2, conditions: [{type: Progressing, reason: ProgressDeadlineExceeded}]}}": "failed: the rollout made no progress within progressDeadlineSeconds (9 s)",
		"{kind: StatefulSet, " + seen + "spec: {replicas: 2}, status: {observedGeneration: 2, readyReplicas: 1}}":                                                                  "1 of 2 replicas are ready",
		"{kind: StatefulSet, " + seen + "spec: {replicas: 1}, status: {observedGeneration: 2, readyReplicas: 1, updateRevision: b, currentRevision: a}}":                           "0 of 1 replicas are updated",
		"{kind: StatefulSet, " + seen + "spec: {replicas: 1}, status: {observedGeneration: 2, readyReplicas: 1, updateRevision: b, currentRevision: b}}":                           "ready",
		"{kind: DaemonSet, " + seen + "status: {observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 2}}":                                 "2 of 3 nodes have an available replica",
		"{kind: DaemonSet, " + seen + "status: {observedGeneration: 2, desiredNumberScheduled: 3, updatedNumberScheduled: 3, numberAvailable: 3}}":                                 "ready",
		"{kind: Job, status: {active: 1}}":                                                                  "the job is not complete: 1 active",
		"{kind: Job, status: {conditions: [{type: Complete, status: 'True'}]}}":                             "ready",
		"{kind: Job, status: {conditions: [{type: Failed, status: 'True', reason: BackoffLimitExceeded}]}}": "failed: the job failed (BackoffLimitExceeded)",
		"{kind: Pod, status: {phase: Running, conditions: [{type: Ready, status: 'True'}]}}":                "ready",
		"{kind: Pod, status: {phase: Failed, reason: Evicted}}":                                             "failed: the pod failed: Evicted",
		"{kind: Namespace, status: {phase: Terminating}}":                                                   "failed: the namespace is being deleted",
		"{kind: Ingress, status: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}}":                               "ready",
		"{kind: Ingress}": "no ingress controller",
		"{kind: Service, spec: {type: ExternalName, selector: {a: b}}}":                                 "ready",
		"{kind: Service, spec: {type: LoadBalancer}}":                                                   "no address yet",
		"{kind: Service, spec: {}}":                                                                     "ready",
		"{kind: PersistentVolumeClaim, status: {phase: Bound}}":                                         "ready",
		"{kind: PersistentVolumeClaim, status: {phase: Lost}}":                                          "failed: the volume it was bound to is gone",
		"{kind: CustomResourceDefinition, status: {conditions: [{type: Established, status: 'True'}]}}": "ready",
	} {
		item := object(t, document)
		var look func(context.Context, *cluster, *unstructured.Unstructured) progress
		for kind, candidate := range waiters {
			if kind.Kind == item.GetKind() {
				look = candidate.look
			}
		}
		got := look(context.Background(), nil, item)
		told := got.missing
		if got.ready {
			told = "ready"
		} else if got.failed {
			told = "failed: " + told
		}
		if !strings.Contains(told, want) || (want == "ready") != got.ready {
			t.Errorf("%s\n got %q, want %q", document, told, want)
		}
	}
}

func TestWaitForReadsConditionsAndPaths(t *testing.T) {
	item := object(t, "{kind: Thing, status: {phase: Running, conditions: [{type: Ready, status: 'False', message: soon}]}}")
	for wanted, ready := range map[string]bool{
		"condition=Ready": false, "condition=Ready=False": true, "jsonpath={.status.phase}=Running": true,
		"jsonpath={.status.phase}": true, "jsonpath={.status.phase}=Done": false, "jsonpath={.status.absent}": false,
	} {
		look, err := parseWaitFor(wanted)
		if err != nil || look(context.Background(), nil, item).ready != ready {
			t.Errorf("%s: want %v (%v)", wanted, ready, err)
		}
	}
	for _, wrong := range []string{"Ready", "jsonpath=.status", "jsonpath={.status[}"} {
		if _, err := parseWaitFor(wrong); err == nil {
			t.Errorf("%s is accepted", wrong)
		}
	}
}

func TestTimeLimits(t *testing.T) {
	plain := object(t, "{kind: Pod}")
	annotated := object(t, "{kind: Pod, metadata: {annotations: {pulumi.com/timeoutSeconds: '30', pulumi.com/skipAwait: 'true'}}}")
	if got := timeoutOf(plain, 0, time.Minute); got != time.Minute {
		t.Error(got)
	}
	if got := timeoutOf(plain, 90, time.Minute); got != 90*time.Second {
		t.Error(got)
	}
	if got := timeoutOf(annotated, 90, time.Minute); got != 30*time.Second {
		t.Error(got)
	}
	if skipsAwait(plain) || !skipsAwait(annotated) {
		t.Error("skipAwait is misread")
	}
}

func TestContainersSayWhatTheySufferFrom(t *testing.T) {
	pod := object(t, `
kind: Pod
status:
  containerStatuses:
    - {name: a, state: {waiting: {reason: ImagePullBackOff, message: no such image}}}
    - {name: b, state: {waiting: {reason: CrashLoopBackOff, message: back-off}}, lastState: {terminated: {exitCode: 3, reason: Error}}}
    - {name: c, state: {waiting: {reason: ContainerCreating}}}
    - {name: d, state: {terminated: {exitCode: 137, reason: OOMKilled}}}
    - {name: e, state: {running: {}}}
    - {name: f, state: {terminated: {exitCode: 0, reason: Completed}}}
`)
	var told []string
	for _, failure := range containerFailures(pod) {
		told = append(told, failure.String())
	}
	want := []string{"container a: ImagePullBackOff: no such image", "container b: CrashLoopBackOff (exit code 3)", "container d: OOMKilled (exit code 137)"}
	if strings.Join(told, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q", told, want)
	}
}

func TestSelectors(t *testing.T) {
	for document, want := range map[string]string{
		"{spec: {selector: {app: web}}}":                                                     "app=web",
		"{spec: {selector: {matchLabels: {app: web}}}}":                                      "app=web",
		"{spec: {selector: {matchExpressions: [{key: app, operator: In, values: [a, b]}]}}}": "app in (a,b)",
		"{spec: {}}": "",
	} {
		if got := selectorOf(object(t, document)); got != want {
			t.Errorf("%s: %q, want %q", document, got, want)
		}
	}
}
