package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// cluster is a connection to an API server.
type cluster struct {
	dynamic   dynamic.Interface
	discovery discovery.CachedDiscoveryInterface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	// namespace is the kubeconfig context's own default.
	namespace string
}

// errUnreachable says that no API server answers; the message tells which and why.
var errUnreachable = errors.New("configured Kubernetes cluster is unreachable")

// reachTimeout is how long an API server may take to answer at all.
const reachTimeout = 10 * time.Second

// connect finds the API server that the settings name and asks it for its version.
func connect(s settings) (*cluster, error) {
	config, namespace, err := clientConfig(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	asking := rest.CopyConfig(config)
	asking.Timeout = min(reachTimeout, s.timeout)
	asked, err := discovery.NewDiscoveryClientForConfig(asking)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnreachable, err)
	}
	if _, err := asked.ServerVersion(); err != nil {
		if apierrors.IsUnauthorized(err) {
			return nil, fmt.Errorf("%w: the API server at %s does not know these credentials (%w); check the kubeconfig's user", errUnreachable, config.Host, err)
		}
		return nil, fmt.Errorf("%w: the API server at %s does not answer (%w); check that the cluster runs and that the kubeconfig and its context are the right ones",
			errUnreachable, config.Host, err)
	}
	dynamicClient, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	discoveryClient, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	cached := memory.NewMemCacheClient(discoveryClient)
	return &cluster{dynamicClient, cached, restmapper.NewDeferredDiscoveryRESTMapper(cached), namespace}, nil
}

// clientConfig reads the kubeconfig, which is a path or the content itself; without one, the usual places are looked at:
// KUBECONFIG, ~/.kube/config, the pod's own service account.
func clientConfig(s settings) (*rest.Config, string, error) {
	loading, err := loader(s)
	if err != nil {
		return nil, "", err
	}
	config, err := loading.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("the kubeconfig cannot be used: %w", err)
	}
	namespace, _, err := loading.Namespace()
	if err != nil {
		return nil, "", err
	}
	config.QPS, config.Burst, config.Timeout = s.qps, s.burst, 0
	config.UserAgent = "pulumi-resource-kubernetes/" + version
	// Deprecation warnings would otherwise go to stderr, where the engine shows them as errors.
	config.WarningHandler = rest.NoWarnings{}
	return config, namespace, nil
}

func loader(s settings) (clientcmd.ClientConfig, error) {
	overrides := &clientcmd.ConfigOverrides{CurrentContext: s.context}
	overrides.Context.Cluster = s.cluster
	if s.kubeconfig == "" {
		return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), overrides), nil
	}
	content, err := kubeconfigContent(s.kubeconfig)
	if err != nil {
		return nil, err
	}
	parsed, err := clientcmd.Load(content)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig is neither the path of a file nor valid content: %w", err)
	}
	return clientcmd.NewDefaultClientConfig(*parsed, overrides), nil
}

// checkContextOf refuses a context that the kubeconfig does not have: that is a mistake, not a cluster that is away. Where
// there is no kubeconfig at all, a preview may go on without one.
func checkContextOf(s settings) error {
	loading, err := loader(s)
	if err != nil {
		return nil
	}
	raw, err := loading.RawConfig()
	if err != nil || len(raw.Contexts) == 0 {
		return nil
	}
	return checkContext(raw, s.context)
}

// kubeconfigContent tells a path from content: content has lines or braces.
func kubeconfigContent(given string) ([]byte, error) {
	if strings.ContainsAny(given, "\n{") {
		return []byte(given), nil
	}
	path := given
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, err
		}
		path = filepath.Join(home, rest)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig cannot be read: %w", err)
	}
	return content, nil
}

func checkContext(config clientcmdapi.Config, wanted string) error {
	if wanted == "" || config.Contexts[wanted] != nil {
		return nil
	}
	names := make([]string, 0, len(config.Contexts))
	for name := range config.Contexts {
		names = append(names, name)
	}
	sort.Strings(names)
	return fmt.Errorf("the kubeconfig has no context %q; it has %s", wanted, strings.Join(names, ", "))
}

// mapped is where the API serves a kind.
type mapped struct {
	resource   schema.GroupVersionResource
	namespaced bool
}

// mapping finds the resource of a kind. Discovery is cached, so an unknown kind is looked up once more.
func (c *cluster) mapping(kind schema.GroupVersionKind) (mapped, error) {
	found, err := c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		c.mapper.Reset()
		found, err = c.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return mapped{}, err
	}
	return mapped{found.Resource, found.Scope.Name() == meta.RESTScopeNameNamespace}, nil
}

// client returns the dynamic client of a kind in a namespace.
func (c *cluster) client(kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	mapping, err := c.mapping(kind)
	if err != nil {
		return nil, explainMapping(kind, err)
	}
	if mapping.namespaced {
		return c.dynamic.Resource(mapping.resource).Namespace(namespace), nil
	}
	return c.dynamic.Resource(mapping.resource), nil
}

// clientSoon waits a little for a kind that a CustomResourceDefinition may be about to bring.
func (c *cluster) clientSoon(ctx context.Context, kind schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, error) {
	deadline := time.Now().Add(10 * time.Second)
	for {
		client, err := c.client(kind, namespace)
		if err == nil || !meta.IsNoMatchError(err) || builtin(kind.Group) || time.Now().After(deadline) {
			return client, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(time.Second):
		}
	}
}

func explainMapping(kind schema.GroupVersionKind, err error) error {
	if !meta.IsNoMatchError(err) {
		return fmt.Errorf("the API server does not tell what it serves: %w", err)
	}
	if builtin(kind.Group) {
		return fmt.Errorf("this cluster does not serve %s %s; it may be older or newer than that version of the API (%w)", kind.GroupVersion(), kind.Kind, err)
	}
	return fmt.Errorf("this cluster does not know %s %s: its CustomResourceDefinition is missing; install what brings it, or make this resource depend on it (%w)",
		kind.GroupVersion(), kind.Kind, err)
}
