package main

import (
	"math"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// toPlain turns a property value into what JSON knows: nil, bool, int64, float64, string, []any, map[string]any.
// Secret marks and internal keys (__inputs) are dropped; nulls in maps too, as the API takes them for "delete".
// It must not be given unknown values; they become nil.
func toPlain(value property.Value) any {
	switch {
	case value.IsBool():
		return value.AsBool()
	case value.IsNumber():
		number := value.AsNumber()
		if number == math.Trunc(number) && math.Abs(number) < 1<<53 {
			return int64(number)
		}
		return number
	case value.IsString():
		return value.AsString()
	case value.IsArray():
		items := make([]any, 0, value.AsArray().Len())
		for _, item := range value.AsArray().All {
			items = append(items, toPlain(item))
		}
		return items
	case value.IsMap():
		return toObject(value.AsMap())
	default:
		return nil
	}
}

func toObject(values property.Map) map[string]any {
	entries := map[string]any{}
	for name, item := range values.All {
		if item.IsNull() || strings.HasPrefix(name, "__") {
			continue
		}
		entries[name] = toPlain(item)
	}
	return entries
}

// fromPlain is the way back.
func fromPlain(plain any) property.Value {
	switch v := plain.(type) {
	case bool:
		return property.New(v)
	case int64:
		return property.New(float64(v))
	case int:
		return property.New(float64(v))
	case float64:
		return property.New(v)
	case string:
		return property.New(v)
	case []any:
		items := make([]property.Value, 0, len(v))
		for _, item := range v {
			items = append(items, fromPlain(item))
		}
		return property.New(items)
	case map[string]any:
		return property.New(fromObject(v))
	default:
		return property.New(property.Null)
	}
}

func fromObject(object map[string]any) property.Map {
	entries := map[string]property.Value{}
	for name, item := range object {
		entries[name] = fromPlain(item)
	}
	return property.NewMap(entries)
}

// withSecretsOf marks in value what is secret at the same place in pattern.
func withSecretsOf(value, pattern property.Value) property.Value {
	switch {
	case pattern.Secret():
		return value.WithSecret(true)
	case value.IsMap() && pattern.IsMap():
		return property.New(mapWithSecretsOf(value.AsMap(), pattern.AsMap())).WithSecret(value.Secret())
	case value.IsArray() && pattern.IsArray():
		items := value.AsArray().AsSlice()
		for i, item := range items {
			if i < pattern.AsArray().Len() {
				items[i] = withSecretsOf(item, pattern.AsArray().Get(i))
			}
		}
		return property.New(items).WithSecret(value.Secret())
	default:
		return value
	}
}

func mapWithSecretsOf(values, pattern property.Map) property.Map {
	for name, item := range pattern.All {
		if value, ok := values.GetOk(name); ok {
			values = values.Set(name, withSecretsOf(value, item))
		}
	}
	return values
}

// secretTexts lists the secret strings inside a value, the longest first, for hiding them in messages. Very short ones
// are left out: hiding every "a" tells more than it hides.
func secretTexts(value property.Value) []string {
	var found []string
	var visit func(property.Value, bool)
	visit = func(v property.Value, secret bool) {
		secret = secret || v.Secret()
		switch {
		case v.IsString() && secret && len(v.AsString()) >= 4:
			found = append(found, v.AsString())
		case v.IsArray():
			for _, item := range v.AsArray().All {
				visit(item, secret)
			}
		case v.IsMap():
			for _, item := range v.AsMap().All {
				visit(item, secret)
			}
		}
	}
	visit(value, false)
	sort.Slice(found, func(i, j int) bool { return len(found[i]) > len(found[j]) })
	return found
}

// hide replaces secret strings of the inputs in a message that the API server wrote.
func hide(message string, inputs property.Map) string {
	for _, text := range secretTexts(property.New(inputs)) {
		message = strings.ReplaceAll(message, text, "[secret]")
	}
	return message
}

// at returns the value at a place inside nested maps; ok is false where there is none.
func at(values property.Map, names ...string) (value property.Value, ok bool) {
	value = property.New(values)
	for _, name := range names {
		if !value.IsMap() {
			return property.Value{}, false
		}
		if value, ok = value.AsMap().GetOk(name); !ok || value.IsNull() {
			return property.Value{}, false
		}
	}
	return value, true
}

// textAt returns a known string inside nested maps, "" where there is none.
func textAt(values property.Map, names ...string) string {
	if value, ok := at(values, names...); ok && value.IsString() {
		return value.AsString()
	}
	return ""
}

// put returns the values with one place inside nested maps set; maps on the way are made.
func put(values property.Map, value property.Value, names ...string) property.Map {
	if len(names) == 1 {
		return values.Set(names[0], value)
	}
	inner, secret := property.Map{}, false
	if existing, ok := values.GetOk(names[0]); ok && existing.IsMap() {
		inner, secret = existing.AsMap(), existing.Secret()
	}
	return values.Set(names[0], property.New(put(inner, value, names[1:]...)).WithSecret(secret))
}
