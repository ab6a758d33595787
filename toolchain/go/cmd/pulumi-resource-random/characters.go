package main

import (
	"fmt"
	"strings"
	"unicode"

	"golang.org/x/crypto/bcrypt"

	"testbro/toolchain/internal/logical"
)

const (
	lowerCase = "abcdefghijklmnopqrstuvwxyz"
	upperCase = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits    = "0123456789"
	// specials is the set the official plugin documents for when overrideSpecial is absent.
	specials = "!@#$%&*()-_=+[]{}<>:?"
	// bcryptLimit is how many bytes of a password bcrypt looks at.
	bcryptLimit = 72
)

// class is one kind of character: whether it is wanted and how many there are at least.
type class struct {
	characters     string
	wanted         bool
	minimum        int
	flag, minField string
}

func characterFields() map[string]logical.Field {
	flag := logical.Field{Kind: logical.Bool, Default: true}
	minimum := logical.Field{Kind: logical.Int, Default: 0, Min: logical.Bound(0)}
	return map[string]logical.Field{
		"keepers":         keepers(),
		"length":          {Kind: logical.Int, Required: true, Min: logical.Bound(1)},
		"lower":           flag,
		"upper":           flag,
		"numeric":         flag,
		"number":          {Kind: logical.Bool, Default: true},
		"special":         flag,
		"minLower":        minimum,
		"minUpper":        minimum,
		"minNumeric":      minimum,
		"minSpecial":      minimum,
		"overrideSpecial": {Kind: logical.String},
	}
}

func classes(in logical.Inputs) []class {
	special := specials
	if in.String("overrideSpecial") != "" {
		special = in.String("overrideSpecial")
	}
	return []class{
		{lowerCase, in.Bool("lower"), in.Int("minLower"), "lower", "minLower"},
		{upperCase, in.Bool("upper"), in.Int("minUpper"), "upper", "minUpper"},
		// number is the deprecated spelling of numeric; either one switches digits off.
		{digits, in.Bool("numeric") && in.Bool("number"), in.Int("minNumeric"), "numeric", "minNumeric"},
		{special, in.Bool("special"), in.Int("minSpecial"), "special", "minSpecial"},
	}
}

func validateCharacters(in logical.Inputs, unknown map[string]bool) []logical.Problem {
	var problems []logical.Problem
	total, anyWanted, anyUnknown := 0, false, unknown["number"]
	for _, c := range classes(in) {
		total += c.minimum
		anyWanted = anyWanted || c.wanted
		anyUnknown = anyUnknown || unknown[c.flag]
		if c.minimum > 0 && !c.wanted && !unknown[c.flag] && !unknown["number"] {
			problems = append(problems, logical.Problem{Property: c.minField,
				Reason: fmt.Sprintf("asks for at least %d, but %s is false; set %s to true or leave %s out", c.minimum, c.flag, c.flag, c.minField)})
		}
	}
	if !anyWanted && !anyUnknown {
		problems = append(problems, logical.Problem{Property: "lower", Reason: "lower, upper, numeric and special are all false; set at least one to true"})
	}
	if special := in.String("overrideSpecial"); strings.IndexFunc(special, func(r rune) bool { return r > unicode.MaxASCII }) >= 0 {
		problems = append(problems, logical.Problem{Property: "overrideSpecial", Reason: "has characters outside ASCII; use ASCII characters only"})
	}
	if !unknown["length"] && total > in.Int("length") {
		problems = append(problems, logical.Problem{Property: "length",
			Reason: fmt.Sprintf("is %d, less than the sum of the minimums, which is %d; raise it to %d", in.Int("length"), total, total)})
	}
	return problems
}

// characters makes the string: the minimum of each class first, the rest from all wanted classes, then shuffled.
func characters(in logical.Inputs) (string, error) {
	var picked []byte
	pick := func(from string, n int) error {
		for range n {
			index, err := below(int64(len(from)))
			if err != nil {
				return err
			}
			picked = append(picked, from[index])
		}
		return nil
	}
	all := ""
	for _, c := range classes(in) {
		if !c.wanted {
			continue
		}
		all += c.characters
		if err := pick(c.characters, c.minimum); err != nil {
			return "", err
		}
	}
	if err := pick(all, in.Int("length")-len(picked)); err != nil {
		return "", err
	}
	// Fisher-Yates, so that the guaranteed characters do not sit at the front.
	for i := len(picked) - 1; i > 0; i-- {
		j, err := below(int64(i + 1))
		if err != nil {
			return "", err
		}
		picked[i], picked[j] = picked[j], picked[i]
	}
	return string(picked), nil
}

func stringResource() logical.Resource {
	return logical.Resource{
		Fields:   characterFields(),
		Outputs:  map[string]bool{"result": false},
		Validate: validateCharacters,
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			value, err := characters(in)
			return value, map[string]any{"result": value}, err
		},
	}
}

func passwordResource() logical.Resource {
	return logical.Resource{
		Fields:   characterFields(),
		Outputs:  map[string]bool{"result": true, "bcryptHash": true},
		Validate: validateCharacters,
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			value, err := characters(in)
			if err != nil {
				return "", nil, err
			}
			hash, err := bcrypt.GenerateFromPassword([]byte(value[:min(len(value), bcryptLimit)]), bcrypt.DefaultCost)
			if err != nil {
				return "", nil, err
			}
			return "none", map[string]any{"result": value, "bcryptHash": string(hash)}, nil
		},
	}
}
