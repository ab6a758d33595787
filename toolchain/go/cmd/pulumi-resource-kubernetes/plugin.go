package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// plugin is one configured instance: the engine starts one process per provider resource and configures it once.
type plugin struct {
	settings settings
	// cancelled ends everything that waits when the engine gives up.
	cancelled context.Context
	cancel    context.CancelFunc

	connecting sync.Mutex
	connection *cluster
	refused    error
	refusedAt  time.Time
	warned     sync.Once
}

func newPlugin() *plugin {
	ctx, cancel := context.WithCancel(context.Background())
	return &plugin{settings: defaultSettings(), cancelled: ctx, cancel: cancel}
}

func (k *plugin) provider() p.Provider {
	return p.Provider{
		GetSchema: func(context.Context, p.GetSchemaRequest) (p.GetSchemaResponse, error) {
			return p.GetSchemaResponse{Schema: `{"name":"kubernetes"}`}, nil
		},
		CheckConfig: k.checkConfig,
		DiffConfig:  k.diffConfig,
		Configure:   k.configure,
		Cancel: func(context.Context) error {
			k.cancel()
			return nil
		},
		Invoke: k.invoke,
		Check:  k.check,
		Diff:   k.diff,
		Create: k.create,
		Read:   k.read,
		Update: k.update,
		Delete: k.delete,
	}
}

// within returns a context that also ends when the engine cancels.
func (k *plugin) within(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(k.cancelled, cancel)
	return inner, func() {
		stop()
		cancel()
	}
}

// cluster returns the connection, made at first use: a provider that manages nothing must not need a cluster.
// A failure is believed for half a minute: long enough to not wait for each resource, short enough for a cluster that comes
// up while the program runs.
func (k *plugin) cluster() (*cluster, error) {
	k.connecting.Lock()
	defer k.connecting.Unlock()
	if k.connection != nil {
		return k.connection, nil
	}
	if k.refused != nil && time.Since(k.refusedAt) < 30*time.Second {
		return nil, k.refused
	}
	k.connection, k.refused = connect(k.settings)
	k.refusedAt = time.Now()
	return k.connection, k.refused
}

// clusterForPreview returns nil where there is no cluster to ask: a preview shows the inputs then, and says so once.
func (k *plugin) clusterForPreview(ctx context.Context) *cluster {
	if k.settings.renderDirectory != "" {
		return nil
	}
	connection, err := k.cluster()
	if err == nil {
		return connection
	}
	k.warned.Do(func() {
		p.GetLogger(ctx).Warningf("%v. What the program asks for is compared with what the stack remembers, without the cluster's answer.", err)
	})
	return nil
}

// composite are the last parts of tokens that are more than one API object, or none.
var composite = []string{"kubernetes:helm.sh/", "kubernetes:kustomize:", "kubernetes:kustomize/", "kubernetes:yaml:", "kubernetes:yaml/"}

// refuse names the types that this plugin does not cover.
func refuse(u urn.URN) error {
	token := string(u.Type())
	covered := !strings.HasSuffix(token, "Patch") && !strings.HasSuffix(token, "List") && strings.Count(token, ":") == 2
	for _, prefix := range composite {
		covered = covered && !strings.HasPrefix(token, prefix)
	}
	if covered {
		return nil
	}
	return fmt.Errorf("the resource type %s is not covered by the stand-in kubernetes plugin that was built from source because "+
		"the official one could not be downloaded; it covers every type that is one API object. Use those, or install the official plugin", token)
}

func (k *plugin) invoke(_ context.Context, request p.InvokeRequest) (p.InvokeResponse, error) {
	if request.Token != "kubernetes:yaml:decode" {
		return p.InvokeResponse{}, fmt.Errorf("the function %s is not covered by the stand-in kubernetes plugin; install the official plugin to use it",
			request.Token)
	}
	text := request.Args.Get("text")
	if !text.IsString() {
		return p.InvokeResponse{Failures: []p.CheckFailure{{Property: "text", Reason: "must be a string of YAML documents"}}}, nil
	}
	namespace := ""
	if given := request.Args.Get("defaultNamespace"); given.IsString() {
		namespace = given.AsString()
	}
	objects, err := decodeDocuments(text.AsString(), namespace)
	if err != nil {
		return p.InvokeResponse{}, err
	}
	result := make([]property.Value, 0, len(objects))
	for _, object := range objects {
		result = append(result, fromPlain(object))
	}
	return p.InvokeResponse{Return: property.NewMap(map[string]property.Value{"result": property.New(result)})}, nil
}
