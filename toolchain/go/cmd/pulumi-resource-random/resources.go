package main

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"

	"testbro/toolchain/internal/logical"
)

// random is the package: every value comes from the operating system's cryptographic generator.
func random() logical.Package {
	return logical.Package{
		Name: "random",
		Resources: map[string]logical.Resource{
			"RandomBytes":    bytesResource(),
			"RandomId":       idResource(),
			"RandomInteger":  integerResource(),
			"RandomPassword": passwordResource(),
			"RandomString":   stringResource(),
			"RandomUuid":     uuidResource(uuid4),
			"RandomUuid4":    uuidResource(uuid4),
			"RandomUuid7":    uuidResource(uuid7),
		},
	}
}

// keepers are values whose change asks for a new random value.
func keepers() logical.Field { return logical.Field{Kind: logical.StringMap} }

func randomBytes(n int) ([]byte, error) {
	buffer := make([]byte, n)
	_, err := rand.Read(buffer)
	return buffer, err
}

// below returns a uniform number in [0, n).
func below(n int64) (int64, error) {
	number, err := rand.Int(rand.Reader, big.NewInt(n))
	if err != nil {
		return 0, err
	}
	return number.Int64(), nil
}

func bytesResource() logical.Resource {
	return logical.Resource{
		Fields: map[string]logical.Field{
			"keepers": keepers(),
			"length":  {Kind: logical.Int, Required: true, Min: logical.Bound(1)},
		},
		Outputs: map[string]bool{"base64": true, "hex": true},
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			value, err := randomBytes(in.Int("length"))
			if err != nil {
				return "", nil, err
			}
			// The value is secret and the identifier is not, so the identifier tells nothing.
			return "none", map[string]any{
				"base64": base64.StdEncoding.EncodeToString(value),
				"hex":    hex.EncodeToString(value),
			}, nil
		},
	}
}

func idResource() logical.Resource {
	return logical.Resource{
		Fields: map[string]logical.Field{
			"keepers":    keepers(),
			"byteLength": {Kind: logical.Int, Required: true, Min: logical.Bound(1)},
			"prefix":     {Kind: logical.String},
		},
		Outputs: map[string]bool{"b64Std": false, "b64Url": false, "dec": false, "hex": false},
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			value, err := randomBytes(in.Int("byteLength"))
			if err != nil {
				return "", nil, err
			}
			prefix := in.String("prefix")
			return base64.RawURLEncoding.EncodeToString(value), map[string]any{
				"b64Std": prefix + base64.StdEncoding.EncodeToString(value),
				"b64Url": prefix + base64.RawURLEncoding.EncodeToString(value),
				"dec":    prefix + new(big.Int).SetBytes(value).String(),
				"hex":    prefix + hex.EncodeToString(value),
			}, nil
		},
	}
}

func integerResource() logical.Resource {
	return logical.Resource{
		Fields: map[string]logical.Field{
			"keepers": keepers(),
			"max":     {Kind: logical.Int, Required: true},
			"min":     {Kind: logical.Int, Required: true},
			"seed":    {Kind: logical.String, Unsupported: "leave the seed out (the value stays the same until a keeper changes), or install the official plugin"},
		},
		Outputs: map[string]bool{"result": false},
		Validate: func(in logical.Inputs, unknown map[string]bool) []logical.Problem {
			if !unknown["min"] && !unknown["max"] && in.Int("min") > in.Int("max") {
				return []logical.Problem{{Property: "min", Reason: fmt.Sprintf("is %d, above max, which is %d; swap them", in.Int("min"), in.Int("max"))}}
			}
			return nil
		},
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			offset, err := below(int64(in.Int("max")) - int64(in.Int("min")) + 1)
			if err != nil {
				return "", nil, err
			}
			number := in.Int("min") + int(offset)
			return fmt.Sprint(number), map[string]any{"result": number}, nil
		},
	}
}

func uuidResource(generate func() (string, error)) logical.Resource {
	return logical.Resource{
		Fields:  map[string]logical.Field{"keepers": keepers()},
		Outputs: map[string]bool{"result": false},
		Create: func(logical.Inputs) (string, map[string]any, error) {
			value, err := generate()
			return value, map[string]any{"result": value}, err
		},
	}
}
