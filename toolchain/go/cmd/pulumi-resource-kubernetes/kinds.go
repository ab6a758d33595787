package main

import (
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// clusterScoped lists Kubernetes' own kinds that live in no namespace, by group and kind, so that a program can be checked
// without a cluster. Custom kinds are asked for at the cluster.
var clusterScoped = map[schema.GroupKind]bool{
	{Kind: "Namespace"}: true, {Kind: "Node"}: true, {Kind: "PersistentVolume"}: true, {Kind: "ComponentStatus"}: true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingWebhookConfiguration"}:     true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingWebhookConfiguration"}:   true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicy"}:        true,
	{Group: "admissionregistration.k8s.io", Kind: "ValidatingAdmissionPolicyBinding"}: true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingAdmissionPolicy"}:          true,
	{Group: "admissionregistration.k8s.io", Kind: "MutatingAdmissionPolicyBinding"}:   true,
	{Group: "apiextensions.k8s.io", Kind: "CustomResourceDefinition"}:                 true,
	{Group: "apiregistration.k8s.io", Kind: "APIService"}:                             true,
	{Group: "certificates.k8s.io", Kind: "CertificateSigningRequest"}:                 true,
	{Group: "certificates.k8s.io", Kind: "ClusterTrustBundle"}:                        true,
	{Group: "flowcontrol.apiserver.k8s.io", Kind: "FlowSchema"}:                       true,
	{Group: "flowcontrol.apiserver.k8s.io", Kind: "PriorityLevelConfiguration"}:       true,
	{Group: "networking.k8s.io", Kind: "IngressClass"}:                                true,
	{Group: "networking.k8s.io", Kind: "IPAddress"}:                                   true,
	{Group: "networking.k8s.io", Kind: "ServiceCIDR"}:                                 true,
	{Group: "node.k8s.io", Kind: "RuntimeClass"}:                                      true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRole"}:                         true,
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}:                  true,
	{Group: "resource.k8s.io", Kind: "DeviceClass"}:                                   true,
	{Group: "resource.k8s.io", Kind: "ResourceSlice"}:                                 true,
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:                               true,
	{Group: "storage.k8s.io", Kind: "CSIDriver"}:                                      true,
	{Group: "storage.k8s.io", Kind: "CSINode"}:                                        true,
	{Group: "storage.k8s.io", Kind: "StorageClass"}:                                   true,
	{Group: "storage.k8s.io", Kind: "VolumeAttachment"}:                               true,
	{Group: "storage.k8s.io", Kind: "VolumeAttributesClass"}:                          true,
	{Group: "storagemigration.k8s.io", Kind: "StorageVersionMigration"}:               true,
}

// builtin tells a group of Kubernetes itself from one that a CustomResourceDefinition brings.
func builtin(group string) bool {
	switch group {
	case "", "apps", "autoscaling", "batch", "policy", "extensions":
		return true
	}
	// Everything else of Kubernetes ends in .k8s.io; so do some projects of its community, whose kinds are custom.
	switch group {
	case "admissionregistration.k8s.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "authentication.k8s.io", "authorization.k8s.io",
		"certificates.k8s.io", "coordination.k8s.io", "discovery.k8s.io", "events.k8s.io", "flowcontrol.apiserver.k8s.io", "networking.k8s.io",
		"node.k8s.io", "rbac.authorization.k8s.io", "resource.k8s.io", "scheduling.k8s.io", "storage.k8s.io", "storagemigration.k8s.io":
		return true
	}
	return false
}

// immutable lists the fields that the API server refuses to change, so that changing one means a new object. The name and
// the namespace are immutable everywhere. From the API reference of Kubernetes 1.34 and its validation.
var immutable = map[schema.GroupKind][]string{
	{Group: "apps", Kind: "Deployment"}: {"spec.selector"},
	{Group: "apps", Kind: "DaemonSet"}:  {"spec.selector"},
	{Group: "apps", Kind: "ReplicaSet"}: {"spec.selector"},
	{Group: "apps", Kind: "StatefulSet"}: {"spec.podManagementPolicy", "spec.selector", "spec.serviceName",
		"spec.volumeClaimTemplates"},
	{Group: "batch", Kind: "Job"}: {"spec.completions", "spec.completionMode", "spec.selector", "spec.template"},
	{Kind: "ConfigMap"}:           {"data", "binaryData"},
	{Kind: "Secret"}:              {"data", "stringData", "type"},
	{Kind: "Service"}:             {"spec.clusterIP", "spec.type"},
	{Kind: "PersistentVolume"}: {"spec.awsElasticBlockStore", "spec.csi", "spec.hostPath", "spec.iscsi", "spec.local", "spec.nfs",
		"spec.volumeMode"},
	{Kind: "PersistentVolumeClaim"}: {"spec.accessModes", "spec.dataSource", "spec.dataSourceRef", "spec.selector",
		"spec.storageClassName", "spec.volumeMode", "spec.volumeName"},
	{Group: "networking.k8s.io", Kind: "IngressClass"}:               {"spec.controller"},
	{Group: "rbac.authorization.k8s.io", Kind: "RoleBinding"}:        {"roleRef"},
	{Group: "rbac.authorization.k8s.io", Kind: "ClusterRoleBinding"}: {"roleRef"},
	{Group: "scheduling.k8s.io", Kind: "PriorityClass"}:              {"value", "preemptionPolicy"},
	{Group: "storage.k8s.io", Kind: "StorageClass"}: {"parameters", "provisioner", "reclaimPolicy",
		"volumeBindingMode"},
}

// mutableInPod is what a running pod can have changed; everything else of its spec is immutable.
var mutableInPod = map[string]bool{"image": true, "activeDeadlineSeconds": true, "tolerations": true}

// needsReplacement tells whether a change at a place means a new object; wasImmutable: the old one says so of itself.
func (s settings) needsReplacement(kind schema.GroupKind, path place, wasImmutable bool) bool {
	if path.isBelow("metadata.name") || path.isBelow("metadata.namespace") || path.root() == "kind" {
		return true
	}
	if wasImmutable && path.isBelow("immutable") {
		return true
	}
	switch kind {
	case schema.GroupKind{Kind: "Pod"}:
		return path.isBelow("spec") && !mutableInPod[path.name(1)] && !mutableInPod[path.last()]
	case schema.GroupKind{Kind: "ConfigMap"}:
		if s.configMapMutable && !wasImmutable {
			return false
		}
	case schema.GroupKind{Kind: "Secret"}:
		if s.secretMutable && !wasImmutable && path.root() != "type" {
			return false
		}
	}
	for _, field := range immutable[kind] {
		if path.isBelow(field) || path.contains(field) {
			return true
		}
	}
	return false
}

// replacing turns a kind of change into the same kind with a replacement.
func replacing(kind p.DiffKind) p.DiffKind {
	switch kind {
	case p.Add:
		return p.AddReplace
	case p.Delete:
		return p.DeleteReplace
	default:
		return p.UpdateReplace
	}
}

// kindFromToken reads group, version and kind out of a type token: kubernetes:core/v1:Secret, kubernetes:apps/v1:Deployment.
func kindFromToken(token string) schema.GroupVersionKind {
	parts := strings.Split(token, ":")
	if len(parts) != 3 {
		return schema.GroupVersionKind{}
	}
	gv, err := schema.ParseGroupVersion(strings.TrimPrefix(parts[1], "core/"))
	if err != nil {
		return schema.GroupVersionKind{}
	}
	return gv.WithKind(parts[2])
}
