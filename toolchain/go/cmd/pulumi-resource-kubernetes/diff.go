package main

import (
	"context"
	"strconv"
	"strings"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// place is where a value is inside nested properties, its steps as text.
type place string

// step separates the names, as these may hold dots and slashes (labels).
const step = "\x1f"

func (path place) join(name string) place {
	if path == "" {
		return place(name)
	}
	return path + step + place(name)
}

func (path place) steps() []string { return strings.Split(string(path), step) }

func (path place) root() string { return path.steps()[0] }

func (path place) last() string {
	steps := path.steps()
	return steps[len(steps)-1]
}

// name returns the step at an index, "" where there is none.
func (path place) name(index int) string {
	if steps := path.steps(); index < len(steps) {
		return steps[index]
	}
	return ""
}

// isBelow tells whether the place is a dotted field or inside it.
func (path place) isBelow(field string) bool {
	prefix := strings.ReplaceAll(field, ".", step)
	return string(path) == prefix || strings.HasPrefix(string(path), prefix+step)
}

// contains tells whether the place holds a dotted field or is it: a change of all of "spec" changes "spec.selector".
func (path place) contains(field string) bool {
	return strings.HasPrefix(strings.ReplaceAll(field, ".", step)+step, string(path)+step)
}

// String writes the place as Pulumi's property paths are: spec.ports[0].name, metadata.labels["app.kubernetes.io/name"].
func (path place) String() string {
	var text strings.Builder
	for i, name := range path.steps() {
		if _, err := strconv.Atoi(name); err == nil && i > 0 {
			text.WriteString("[" + name + "]")
		} else if strings.ContainsAny(name, `."[]/ `) || name == "" {
			text.WriteString(`["` + strings.ReplaceAll(name, `"`, `\"`) + `"]`)
		} else {
			if i > 0 {
				text.WriteString(".")
			}
			text.WriteString(name)
		}
	}
	return text.String()
}

// changedPaths compares two sets of inputs, secret marks aside, down to the innermost difference.
func changedPaths(before, after property.Map) map[place]p.DiffKind {
	changes := map[place]p.DiffKind{}
	compareMaps("", before, after, changes)
	return changes
}

func compareMaps(path place, before, after property.Map, changes map[place]p.DiffKind) {
	for name, value := range after.All {
		if strings.HasPrefix(name, "__") {
			continue
		}
		old, had := before.GetOk(name)
		compare(path.join(name), old, had && !old.IsNull(), value, !value.IsNull(), changes)
	}
	for name, old := range before.All {
		if _, has := after.GetOk(name); !has && !old.IsNull() && !strings.HasPrefix(name, "__") {
			changes[path.join(name)] = p.Delete
		}
	}
}

func compare(path place, before property.Value, had bool, after property.Value, has bool, changes map[place]p.DiffKind) {
	switch {
	case !had && !has:
	case !had:
		changes[path] = p.Add
	case !has:
		changes[path] = p.Delete
	case before.IsMap() && after.IsMap():
		compareMaps(path, before.AsMap(), after.AsMap(), changes)
	case before.IsArray() && after.IsArray():
		old, current := before.AsArray().AsSlice(), after.AsArray().AsSlice()
		for i := range max(len(old), len(current)) {
			at := path.join(strconv.Itoa(i))
			switch {
			case i >= len(old):
				changes[at] = p.Add
			case i >= len(current):
				changes[at] = p.Delete
			default:
				compare(at, old[i], true, current[i], true, changes)
			}
		}
	case after.IsComputed() || !sameScalar(before, after):
		changes[path] = p.Update
	}
}

func sameScalar(before, after property.Value) bool {
	bare := func(value property.Value) property.Value { return value.WithSecret(false).WithDependencies(nil) }
	return bare(before).Equals(bare(after))
}

func (k *plugin) diff(ctx context.Context, request p.DiffRequest) (p.DiffResponse, error) {
	if err := refuse(request.Urn); err != nil {
		return p.DiffResponse{}, err
	}
	// Nothing is asked here, but an unreachable cluster must be heard of even where nothing changed.
	k.clusterForPreview(ctx)
	old := request.OldInputs
	if old.Len() == 0 {
		if recorded, ok := request.State.GetOk("__inputs"); ok && recorded.IsMap() {
			old = recorded.AsMap()
		}
	}
	kind := kindOf(request.Urn, request.Inputs).GroupKind()
	wasImmutable := false
	if value, ok := at(old, "immutable"); ok && value.IsBool() {
		wasImmutable = value.AsBool()
	}
	changes := map[string]p.PropertyDiff{}
	replace := false
	for path, change := range changedPaths(old, request.Inputs) {
		if isIgnored(path.String(), request.IgnoreChanges) {
			continue
		}
		if k.settings.needsReplacement(kind, path, wasImmutable) {
			change = replacing(change)
			replace = true
		}
		changes[path.String()] = p.PropertyDiff{Kind: change, InputDiff: true}
	}
	response := p.DiffResponse{HasChanges: len(changes) > 0, DetailedDiff: changes}
	// Two objects cannot have one name at a time. An auto-named one gets a new name and can be made first.
	if replace && !isAutoNamed(request.Inputs) && textAt(request.Inputs, "metadata", "generateName") == "" {
		response.DeleteBeforeReplace = textAt(old, "metadata", "name") == textAt(request.Inputs, "metadata", "name") &&
			textAt(old, "metadata", "namespace") == textAt(request.Inputs, "metadata", "namespace")
	}
	return response, nil
}

// isIgnored tells whether a path is one of the ignored ones or below it.
func isIgnored(path string, ignored []string) bool {
	for _, entry := range ignored {
		if path == entry || strings.HasPrefix(path, entry+".") || strings.HasPrefix(path, entry+"[") {
			return true
		}
	}
	return false
}
