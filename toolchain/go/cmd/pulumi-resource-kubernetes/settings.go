package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sort"
	"strings"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// settings is the provider's configuration, with the names and defaults of the official plugin.
type settings struct {
	kubeconfig, context, cluster, namespace, renderDirectory string
	serverSideApply, patchForce                              bool
	configMapMutable, secretMutable                          bool
	deleteUnreachable, skipUpdateUnreachable, upsert         bool
	qps                                                      float32
	burst                                                    int
	timeout                                                  time.Duration
}

func defaultSettings() settings {
	return settings{serverSideApply: true, qps: 50, burst: 100, timeout: 32 * time.Second}
}

// ignored are settings that change nothing here: what they are about is not covered.
var ignored = map[string]bool{
	"alwaysRender": true, "clusterIdentifier": true, "helmReleaseSettings": true, "suppressDeprecationWarnings": true,
	"suppressHelmHookWarnings": true, "version": true, "pluginDownloadURL": true,
}

// parseSettings reads the configuration; it returns every problem at once.
func parseSettings(args property.Map) (settings, []p.CheckFailure) {
	result := defaultSettings()
	texts := map[string]*string{
		"kubeconfig": &result.kubeconfig, "context": &result.context, "cluster": &result.cluster,
		"namespace": &result.namespace, "renderYamlToDirectory": &result.renderDirectory,
	}
	switches := map[string]*bool{
		"enableServerSideApply": &result.serverSideApply, "enablePatchForce": &result.patchForce,
		"enableConfigMapMutable": &result.configMapMutable, "enableSecretMutable": &result.secretMutable,
		"deleteUnreachable": &result.deleteUnreachable, "skipUpdateUnreachable": &result.skipUpdateUnreachable,
		"upsertExistingObjects": &result.upsert,
	}
	var failures []p.CheckFailure
	fail := func(name, reason string, args ...any) {
		failures = append(failures, p.CheckFailure{Property: name, Reason: fmt.Sprintf(reason, args...)})
	}
	for name, value := range args.All {
		if value.IsNull() || value.HasComputed() || ignored[name] || strings.HasPrefix(name, "__") {
			continue
		}
		if text, ok := texts[name]; ok {
			// A kubeconfig may also be given as an object; JSON is YAML.
			*text = asText(value)
		} else if flag, ok := switches[name]; ok {
			switch asText(value) {
			case "true":
				*flag = true
			case "false":
				*flag = false
			default:
				fail(name, "is %q; it must be true or false", asText(value))
			}
		} else if name == "kubeClientSettings" {
			if err := result.parseClient(asText(value)); err != nil {
				fail(name, "%v", err)
			}
		} else {
			fail(name, "is not a setting of the kubernetes provider; check its spelling")
		}
	}
	if result.serverSideApply || !result.patchForce {
		sort.Slice(failures, func(i, j int) bool { return failures[i].Property < failures[j].Property })
		return result, failures
	}
	fail("enablePatchForce", "has no meaning without enableServerSideApply; remove one of the two")
	return result, failures
}

func (s *settings) parseClient(text string) error {
	var client struct {
		QPS     *float32 `json:"qps"`
		Burst   *int     `json:"burst"`
		Timeout *int     `json:"timeout"`
	}
	if err := json.Unmarshal([]byte(text), &client); err != nil {
		return fmt.Errorf("must be an object with the numbers qps, burst and timeout (seconds): %w", err)
	}
	if client.QPS != nil {
		s.qps = *client.QPS
	}
	if client.Burst != nil {
		s.burst = *client.Burst
	}
	if client.Timeout != nil {
		s.timeout = time.Duration(*client.Timeout) * time.Second
	}
	return nil
}

// asText returns a string as it is and everything else as JSON: the SDK sends provider settings either way.
func asText(value property.Value) string {
	if value.IsString() {
		return value.AsString()
	}
	text, err := json.Marshal(toPlain(value))
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(text)
}

func (k *plugin) checkConfig(_ context.Context, request p.CheckRequest) (p.CheckResponse, error) {
	_, failures := parseSettings(request.Inputs)
	return p.CheckResponse{Inputs: request.Inputs, Failures: failures}, nil
}

// diffConfig never replaces a provider, which would replace all its resources, unless the program says by clusterIdentifier
// that it is another cluster.
func (k *plugin) diffConfig(_ context.Context, request p.DiffRequest) (p.DiffResponse, error) {
	changes := map[string]p.PropertyDiff{}
	for path, change := range changedPaths(request.OldInputs, request.Inputs) {
		name := path.root()
		if strings.HasPrefix(name, "__") {
			continue
		}
		kind := change
		if name == "clusterIdentifier" {
			kind = replacing(change)
		}
		changes[name] = p.PropertyDiff{Kind: kind, InputDiff: true}
	}
	return p.DiffResponse{HasChanges: len(changes) > 0, DetailedDiff: changes}, nil
}

func (k *plugin) configure(_ context.Context, request p.ConfigureRequest) error {
	parsed, failures := parseSettings(request.Args)
	if len(failures) > 0 {
		lines := make([]string, 0, len(failures))
		for _, failure := range failures {
			lines = append(lines, failure.Property+" "+failure.Reason)
		}
		return fmt.Errorf("the kubernetes provider is configured wrongly: %s", strings.Join(lines, "; "))
	}
	if parsed.renderDirectory != "" {
		if err := os.MkdirAll(parsed.renderDirectory, 0o755); err != nil {
			return fmt.Errorf("renderYamlToDirectory: %w", err)
		}
	}
	if err := checkContextOf(parsed); err != nil {
		return err
	}
	k.settings = parsed
	return nil
}
