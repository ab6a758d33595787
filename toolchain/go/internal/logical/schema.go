// Package logical serves resources that live only in the stack's state: random values, keys, certificates.
// A resource is a table of input fields and one function that makes the outputs; checking, diffing, previews,
// secrets and refresh follow from the table and are the same for all of them.
package logical

import (
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

// Kind is the type of an input field.
type Kind int

// The types an input field can have.
const (
	String Kind = iota
	Int
	Bool
	StringList
	StringMap
	Object
)

func (k Kind) String() string {
	return [...]string{"a string", "a whole number", "a boolean", "a list of strings", "a map of strings", "an object"}[k]
}

// Field describes one input property.
type Field struct {
	Kind     Kind
	Required bool
	// Default is what an absent input means; nil leaves it absent. Shown in the outputs, never written to the inputs.
	Default any
	// InPlace: a change updates the resource; otherwise it is replaced, as these resources cannot change their value.
	InPlace bool
	// Secret: the echoed output is marked secret even when the input was not.
	Secret bool
	// Fields are the properties of an Object.
	Fields map[string]Field
	// Unsupported refuses a property that the official plugin has and this one does not; the text says what to use instead.
	Unsupported string
	// OneOf lists the accepted strings; empty accepts all.
	OneOf []string
	// Min and Max bound an Int; nil is unbounded.
	Min, Max *int
}

// Bound returns a pointer to n, for Field.Min and Field.Max.
func Bound(n int) *int { return &n }

// Problem is one reason why inputs are refused.
type Problem struct{ Property, Reason string }

// Resource describes one resource type.
type Resource struct {
	Fields map[string]Field
	// Outputs names what Create adds to the inputs; true marks a secret.
	Outputs map[string]bool
	// Validate looks at the whole of known, well-typed inputs; fields that are still unknown in a preview are absent
	// from the inputs and named in unknown.
	Validate func(in Inputs, unknown map[string]bool) []Problem
	// Create makes the identifier and the outputs.
	Create func(in Inputs) (id string, outputs map[string]any, err error)
	// Expires tells when the resource wants to be replaced by itself; nil means never. The reason's property is the
	// output that flips (readyForRenewal).
	Expires *Expiry
}

// Expiry is a resource's own wish to be replaced at a moment that its state tells.
type Expiry struct {
	// Flag is the boolean output that says the moment has come.
	Flag string
	// At returns that moment from the resource's state; ok is false when the state does not tell.
	At func(state Inputs) (at time.Time, ok bool)
}

// Inputs are well-typed property values with defaults applied, read by name.
type Inputs struct{ values property.Map }

// NewInputs wraps a property map that was checked before.
func NewInputs(values property.Map) Inputs { return Inputs{values} }

// Has tells whether the property is present.
func (in Inputs) Has(name string) bool {
	value, ok := in.values.GetOk(name)
	return ok && !value.IsNull()
}

// String returns a string property, "" when absent.
func (in Inputs) String(name string) string {
	if value := in.values.Get(name); value.IsString() {
		return value.AsString()
	}
	return ""
}

// Int returns a whole-number property, 0 when absent.
func (in Inputs) Int(name string) int {
	if value := in.values.Get(name); value.IsNumber() {
		return int(value.AsNumber())
	}
	return 0
}

// Bool returns a boolean property, false when absent.
func (in Inputs) Bool(name string) bool {
	value := in.values.Get(name)
	return value.IsBool() && value.AsBool()
}

// Strings returns a list property, nil when absent.
func (in Inputs) Strings(name string) []string {
	value := in.values.Get(name)
	if !value.IsArray() {
		return nil
	}
	var list []string
	for _, item := range value.AsArray().All {
		if item.IsString() {
			list = append(list, item.AsString())
		}
	}
	return list
}

// Object returns an object property; its fields are absent when the object is.
func (in Inputs) Object(name string) Inputs {
	if value := in.values.Get(name); value.IsMap() {
		return Inputs{value.AsMap()}
	}
	return Inputs{}
}
