package logical

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// check lists everything that is wrong with the inputs of a resource.
func (r Resource) check(inputs property.Map) []Problem {
	problems := checkFields("", r.Fields, inputs)
	if len(problems) == 0 && r.Validate != nil {
		unknown := map[string]bool{}
		known := map[string]property.Value{}
		for name, value := range r.withDefaults(inputs).All {
			if value.HasComputed() {
				unknown[name] = true
			} else {
				known[name] = value
			}
		}
		problems = r.Validate(Inputs{property.NewMap(known)}, unknown)
	}
	sort.Slice(problems, func(i, j int) bool { return problems[i].Property < problems[j].Property })
	return problems
}

func checkFields(path string, fields map[string]Field, inputs property.Map) []Problem {
	var problems []Problem
	for name, value := range inputs.All {
		if isInternal(name) || value.IsNull() {
			continue
		}
		field, known := fields[name]
		if !known {
			problems = append(problems, Problem{path + name, fmt.Sprintf("is not a property of this resource; it has %s", names(fields))})
			continue
		}
		if field.Unsupported != "" {
			problems = append(problems, Problem{path + name, "is not covered by this stand-in plugin: " + field.Unsupported})
			continue
		}
		problems = append(problems, field.check(path+name, value)...)
	}
	for name, field := range fields {
		if value, ok := inputs.GetOk(name); field.Required && (!ok || value.IsNull()) {
			problems = append(problems, Problem{path + name, "is required, and is missing; set it to " + field.Kind.String()})
		}
	}
	return problems
}

func (f Field) check(path string, value property.Value) []Problem {
	if value.IsComputed() {
		return nil
	}
	wrong := func() []Problem {
		return []Problem{{path, "must be " + f.Kind.String()}}
	}
	switch f.Kind {
	case String:
		if !value.IsString() {
			return wrong()
		}
		return f.checkString(path, value)
	case Int:
		if !value.IsNumber() || value.AsNumber() != math.Trunc(value.AsNumber()) {
			return wrong()
		}
		return f.checkInt(path, int(value.AsNumber()))
	case Bool:
		if !value.IsBool() {
			return wrong()
		}
	case StringList:
		if !value.IsArray() {
			return wrong()
		}
		var problems []Problem
		for i, item := range value.AsArray().All {
			where := fmt.Sprintf("%s[%d]", path, i)
			if item.IsComputed() {
				continue
			}
			if !item.IsString() {
				problems = append(problems, Problem{where, "must be a string"})
				continue
			}
			problems = append(problems, f.checkString(where, item)...)
		}
		return problems
	case StringMap:
		if !value.IsMap() {
			return wrong()
		}
		for key, item := range value.AsMap().All {
			if !item.IsString() && !item.IsComputed() {
				return []Problem{{path + "." + key, "must be a string"}}
			}
		}
	case Object:
		if !value.IsMap() {
			return wrong()
		}
		return checkFields(path+".", f.Fields, value.AsMap())
	}
	return nil
}

func (f Field) checkString(path string, value property.Value) []Problem {
	if len(f.OneOf) == 0 {
		return nil
	}
	for _, accepted := range f.OneOf {
		if value.AsString() == accepted {
			return nil
		}
	}
	shown := fmt.Sprintf("%q", value.AsString())
	if value.Secret() {
		shown = "[secret]"
	}
	return []Problem{{path, fmt.Sprintf("is %s; use one of %s", shown, strings.Join(f.OneOf, ", "))}}
}

func (f Field) checkInt(path string, number int) []Problem {
	if f.Min != nil && number < *f.Min {
		return []Problem{{path, fmt.Sprintf("is %d; it must be at least %d", number, *f.Min)}}
	}
	if f.Max != nil && number > *f.Max {
		return []Problem{{path, fmt.Sprintf("is %d; it must be at most %d", number, *f.Max)}}
	}
	return nil
}

// isInternal tells Pulumi's own bookkeeping keys (__defaults, __meta) from properties.
func isInternal(name string) bool { return strings.HasPrefix(name, "__") }

func names(fields map[string]Field) string {
	list := make([]string, 0, len(fields))
	for name := range fields {
		list = append(list, name)
	}
	sort.Strings(list)
	return strings.Join(list, ", ")
}

// withDefaults returns the inputs that the resource is made from: declared fields only, absent ones at their default.
func (r Resource) withDefaults(inputs property.Map) property.Map {
	full := map[string]property.Value{}
	for name, field := range r.Fields {
		if value, ok := inputs.GetOk(name); ok && !value.IsNull() {
			full[name] = value
		} else if field.Default != nil {
			full[name] = toValue(field.Default)
		}
	}
	return property.NewMap(full)
}

// toValue turns a plain Go value into a property value.
func toValue(plain any) property.Value {
	switch v := plain.(type) {
	case string:
		return property.New(v)
	case bool:
		return property.New(v)
	case int:
		return property.New(float64(v))
	default:
		panic(fmt.Sprintf("a %T cannot be a property value", plain))
	}
}
