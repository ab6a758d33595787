package logical

import (
	"context"
	"fmt"
	"sort"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Package is a set of resource types served as one plugin.
type Package struct {
	// Name is the package's, as in its tokens (random, tls).
	Name string
	// Resources by the last part of their token (RandomPassword).
	Resources map[string]Resource
	// Now is the clock; nil is the wall clock.
	Now func() time.Time
}

func (k Package) now() time.Time {
	if k.Now != nil {
		return k.Now()
	}
	return time.Now()
}

// token returns the type token of a class name: RandomPassword → random:index/randomPassword:RandomPassword.
func (k Package) token(name string) tokens.Type {
	return tokens.Type(k.Name + ":index/" + strings.ToLower(name[:1]) + name[1:] + ":" + name)
}

func (k Package) resource(u urn.URN) (Resource, error) {
	for name, resource := range k.Resources {
		if k.token(name) == u.Type() {
			return resource, nil
		}
	}
	covered := make([]string, 0, len(k.Resources))
	for name := range k.Resources {
		covered = append(covered, name)
	}
	sort.Strings(covered)
	return Resource{}, fmt.Errorf("the resource type %s is not covered by the stand-in %s plugin that was built from source because "+
		"the official one could not be downloaded; it covers %s. Use one of these, or install the official plugin",
		u.Type(), k.Name, strings.Join(covered, ", "))
}

// Provider returns the plugin.
func (k Package) Provider() p.Provider {
	return p.Provider{
		GetSchema: func(context.Context, p.GetSchemaRequest) (p.GetSchemaResponse, error) {
			return p.GetSchemaResponse{Schema: fmt.Sprintf(`{"name":%q}`, k.Name)}, nil
		},
		CheckConfig: k.checkConfig,
		DiffConfig:  func(context.Context, p.DiffRequest) (p.DiffResponse, error) { return p.DiffResponse{}, nil },
		Configure:   func(context.Context, p.ConfigureRequest) error { return nil },
		Cancel:      func(context.Context) error { return nil },
		Invoke: func(_ context.Context, request p.InvokeRequest) (p.InvokeResponse, error) {
			return p.InvokeResponse{}, fmt.Errorf("the function %s is not covered by the stand-in %s plugin; install the official plugin to use it",
				request.Token, k.Name)
		},
		Check:  k.check,
		Diff:   k.diff,
		Create: k.create,
		Read:   k.read,
		Update: k.update,
		Delete: func(context.Context, p.DeleteRequest) error { return nil },
	}
}

func (k Package) checkConfig(_ context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	response := p.CheckResponse{Inputs: request.Inputs}
	for name := range request.Inputs.All {
		if name != "version" && name != "pluginDownloadURL" && !isInternal(name) {
			response.Failures = append(response.Failures, p.CheckFailure{
				Property: name,
				Reason:   "is not covered by this stand-in plugin, which takes no configuration; remove it or install the official plugin",
			})
		}
	}
	return response, nil
}

func (k Package) check(_ context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	resource, err := k.resource(request.Urn)
	if err != nil {
		return p.CheckResponse{}, err
	}
	response := p.CheckResponse{Inputs: request.Inputs}
	for _, problem := range resource.check(request.Inputs) {
		response.Failures = append(response.Failures, p.CheckFailure{Property: problem.Property, Reason: problem.Reason})
	}
	return response, nil
}

func (k Package) diff(_ context.Context, request p.DiffRequest) (p.DiffResponse, error) {
	resource, err := k.resource(request.Urn)
	if err != nil {
		return p.DiffResponse{}, err
	}
	old := request.OldInputs
	if old.Len() == 0 {
		old = request.State
	}
	// Compared with defaults applied, so that spelling a default out, or a state written by the official plugin, is no change.
	before, after := resource.withDefaults(old), resource.withDefaults(request.Inputs)
	changes := map[string]p.PropertyDiff{}
	for name, field := range resource.Fields {
		oldValue, had := before.GetOk(name)
		newValue, has := after.GetOk(name)
		if had == has && (!had || plain(oldValue).Equals(plain(newValue))) {
			continue
		}
		changes[name] = p.PropertyDiff{Kind: kindOf(had, has, field.InPlace), InputDiff: true}
	}
	for _, name := range request.IgnoreChanges {
		delete(changes, name)
	}
	if resource.Expires != nil && k.expired(resource, request.State, after) {
		changes[resource.Expires.Flag] = p.PropertyDiff{Kind: p.UpdateReplace}
	}
	return p.DiffResponse{HasChanges: len(changes) > 0, DetailedDiff: changes}, nil
}

// expired asks the resource with the inputs as they will be: a longer early-renewal period may end its life today.
func (k Package) expired(resource Resource, state, inputs property.Map) bool {
	for name, value := range inputs.All {
		if resource.Fields[name].InPlace && !value.HasComputed() {
			state = state.Set(name, value)
		}
	}
	at, known := resource.Expires.At(Inputs{state})
	return known && !k.now().Before(at)
}

func kindOf(had, has, inPlace bool) p.DiffKind {
	switch {
	case had && has && inPlace:
		return p.Update
	case had && has:
		return p.UpdateReplace
	case had && inPlace:
		return p.Delete
	case had:
		return p.DeleteReplace
	case inPlace:
		return p.Add
	default:
		return p.AddReplace
	}
}

// plain strips secret marks, which are no part of a value's identity, at every depth.
func plain(value property.Value) property.Value {
	switch {
	case value.IsArray():
		items := make([]property.Value, 0, value.AsArray().Len())
		for _, item := range value.AsArray().All {
			items = append(items, plain(item))
		}
		return property.New(property.NewArray(items))
	case value.IsMap():
		entries := map[string]property.Value{}
		for name, item := range value.AsMap().All {
			entries[name] = plain(item)
		}
		return property.New(property.NewMap(entries))
	case value.IsComputed():
		return property.New(property.Computed)
	default:
		return value.WithSecret(false).WithDependencies(nil)
	}
}

func (k Package) create(_ context.Context, request p.CreateRequest) (p.CreateResponse, error) {
	resource, err := k.resource(request.Urn)
	if err != nil {
		return p.CreateResponse{}, err
	}
	full := resource.withDefaults(request.Properties)
	state := full.AsMap()
	resource.markSecrets(state)
	if request.DryRun {
		for name, secret := range resource.Outputs {
			state[name] = property.New(property.Computed).WithSecret(secret)
		}
		return p.CreateResponse{Properties: property.NewMap(state)}, nil
	}
	id, outputs, err := resource.Create(Inputs{full})
	if err != nil {
		return p.CreateResponse{}, err
	}
	for name, value := range outputs {
		state[name] = toValue(value).WithSecret(resource.Outputs[name])
	}
	return p.CreateResponse{ID: id, Properties: property.NewMap(state)}, nil
}

func (r Resource) markSecrets(state map[string]property.Value) {
	for name, field := range r.Fields {
		if value, ok := state[name]; ok && field.Secret {
			state[name] = value.WithSecret(true)
		}
	}
}

func (k Package) read(_ context.Context, request p.ReadRequest) (p.ReadResponse, error) {
	resource, err := k.resource(request.Urn)
	if err != nil {
		return p.ReadResponse{}, err
	}
	if request.Properties.Len() == 0 {
		return p.ReadResponse{}, fmt.Errorf("%s %q exists only in the state of the stack that made it, so the stand-in plugin cannot import it",
			request.Urn.Type(), request.ID)
	}
	state := request.Properties
	if resource.Expires != nil {
		state = state.Set(resource.Expires.Flag, property.New(k.expired(resource, state, property.Map{})))
	}
	return p.ReadResponse{ID: request.ID, Properties: state, Inputs: request.Inputs}, nil
}

func (k Package) update(_ context.Context, request p.UpdateRequest) (p.UpdateResponse, error) {
	resource, err := k.resource(request.Urn)
	if err != nil {
		return p.UpdateResponse{}, err
	}
	state := request.State
	for name, value := range resource.withDefaults(request.Inputs).All {
		if resource.Fields[name].InPlace {
			state = state.Set(name, value)
		}
	}
	return p.UpdateResponse{Properties: state}, nil
}
