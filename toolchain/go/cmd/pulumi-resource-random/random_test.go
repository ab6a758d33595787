package main

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"math/big"
	"regexp"
	"strings"
	"testing"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"golang.org/x/crypto/bcrypt"
)

type inputs = map[string]property.Value

func number(n int) property.Value { return property.New(float64(n)) }

// request sends what the npm package sends and returns the check failures or the created state.
func request(t *testing.T, token string, in inputs) (string, property.Map, string) {
	t.Helper()
	provider := random().Provider()
	u := urn.URN("urn:pulumi:s::p::" + token + "::r")
	checked, err := provider.Check(context.Background(), p.CheckRequest{Urn: u, Inputs: property.NewMap(in)})
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	for _, failure := range checked.Failures {
		failures = append(failures, failure.Property+" "+failure.Reason)
	}
	if len(failures) > 0 {
		return strings.Join(failures, "\n"), property.Map{}, ""
	}
	created, err := provider.Create(context.Background(), p.CreateRequest{Urn: u, Properties: checked.Inputs})
	if err != nil {
		t.Fatal(err)
	}
	return "", created.Properties, created.ID
}

func made(t *testing.T, token string, in inputs) (property.Map, string) {
	t.Helper()
	failures, state, id := request(t, token, in)
	if failures != "" {
		t.Fatal(failures)
	}
	return state, id
}

const (
	password = "random:index/randomPassword:RandomPassword"
	// The same characters without the slow hash, for tests that make many.
	plainText = "random:index/randomString:RandomString"
)

func TestCharactersHaveTheLengthAndTheClassesAskedFor(t *testing.T) {
	for name, c := range map[string]struct {
		in   inputs
		want string
	}{
		"default":          {inputs{"length": number(64)}, `^[a-zA-Z0-9!@#$%&*()\-_=+\[\]{}<>:?]{64}$`},
		"no specials":      {inputs{"length": number(24), "special": property.New(false)}, `^[a-zA-Z0-9]{24}$`},
		"digits only":      {inputs{"length": number(9), "special": property.New(false), "lower": property.New(false), "upper": property.New(false)}, `^[0-9]{9}$`},
		"own specials":     {inputs{"length": number(30), "minSpecial": number(30), "overrideSpecial": property.New("_-")}, `^[_-]{30}$`},
		"deprecated name":  {inputs{"length": number(200), "number": property.New(false)}, `^[^0-9]{200}$`},
		"one of each":      {inputs{"length": number(4), "minLower": number(1), "minUpper": number(1), "minNumeric": number(1), "minSpecial": number(1)}, `^.{4}$`},
		"a single letter":  {inputs{"length": number(1)}, `^.$`},
		"nothing optional": {inputs{"length": number(3), "special": property.New(false), "numeric": property.New(false), "upper": property.New(false)}, `^[a-z]{3}$`},
	} {
		for range 50 {
			state, _ := made(t, plainText, c.in)
			if got := state.Get("result").AsString(); !regexp.MustCompile(c.want).MatchString(got) {
				t.Fatalf("%s: %q does not match %s", name, got, c.want)
			}
		}
	}
}

func TestCharactersKeepTheirMinimums(t *testing.T) {
	in := inputs{"length": number(12), "minLower": number(2), "minUpper": number(3), "minNumeric": number(4), "minSpecial": number(1)}
	first := map[string]bool{}
	for range 200 {
		state, _ := made(t, plainText, in)
		result := state.Get("result").AsString()
		for class, least := range map[string]int{`[a-z]`: 2, `[A-Z]`: 3, `[0-9]`: 4, `[^a-zA-Z0-9]`: 1} {
			if n := len(regexp.MustCompile(class).FindAllString(result, -1)); n < least {
				t.Fatalf("%q has %d of %s", result, n, class)
			}
		}
		for class := range map[string]bool{`[a-z]`: true, `[A-Z]`: true, `[0-9]`: true} {
			first[class] = first[class] || regexp.MustCompile("^"+class).MatchString(result)
		}
	}
	if len(first) != 3 || !first[`[a-z]`] || !first[`[A-Z]`] || !first[`[0-9]`] {
		t.Errorf("the guaranteed characters always sit in the same place: %v", first)
	}
}

func TestPasswordIsSecretHashedAndNotItsIdentifier(t *testing.T) {
	state, id := made(t, password, inputs{"length": number(100)})
	result, hash := state.Get("result"), state.Get("bcryptHash")
	if !result.Secret() || !hash.Secret() {
		t.Error("result and bcryptHash must be secret")
	}
	if id != "none" {
		t.Errorf("the identifier is %q", id)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(hash.AsString()), []byte(result.AsString()[:72])); err != nil {
		t.Error(err)
	}
}

func TestNoTwoPasswordsAreTheSame(t *testing.T) {
	seen := map[string]bool{}
	for range 30 {
		state, _ := made(t, plainText, inputs{"length": number(16)})
		seen[state.Get("result").AsString()] = true
	}
	if len(seen) != 30 {
		t.Errorf("%d different out of 30", len(seen))
	}
}

func TestStringIsPlain(t *testing.T) {
	state, id := made(t, plainText, inputs{"length": number(8)})
	if state.Get("result").Secret() || id != state.Get("result").AsString() {
		t.Error("a RandomString is no secret and is its own identifier")
	}
}

func TestRefusals(t *testing.T) {
	off := property.New(false)
	for name, c := range map[string]struct {
		token string
		in    inputs
		want  string
	}{
		"no length":        {password, inputs{}, "length is required"},
		"zero length":      {password, inputs{"length": number(0)}, "at least 1"},
		"minimums too big": {password, inputs{"length": number(3), "minLower": number(2), "minUpper": number(2)}, "less than the sum of the minimums, which is 4"},
		"no class":         {password, inputs{"length": number(3), "lower": off, "upper": off, "numeric": off, "special": off}, "all false"},
		"contradiction":    {password, inputs{"length": number(3), "upper": off, "minUpper": number(1)}, "but upper is false"},
		"not ASCII":        {password, inputs{"length": number(3), "overrideSpecial": property.New("äö")}, "outside ASCII"},
		"min over max":     {"random:index/randomInteger:RandomInteger", inputs{"min": number(5), "max": number(4)}, "above max"},
		"seed":             {"random:index/randomInteger:RandomInteger", inputs{"min": number(1), "max": number(4), "seed": property.New("s")}, "seed is not covered"},
	} {
		if got, _, _ := request(t, c.token, c.in); !strings.Contains(got, c.want) {
			t.Errorf("%s: %q lacks %q", name, got, c.want)
		}
	}
}

func TestIdIsTheSameNumberInEveryForm(t *testing.T) {
	state, id := made(t, "random:index/randomId:RandomId", inputs{"byteLength": number(7), "prefix": property.New("p-")})
	value, err := hex.DecodeString(strings.TrimPrefix(state.Get("hex").AsString(), "p-"))
	if err != nil || len(value) != 7 {
		t.Fatalf("%v %v", value, err)
	}
	for name, want := range map[string]string{
		"b64Std": "p-" + base64.StdEncoding.EncodeToString(value),
		"b64Url": "p-" + base64.RawURLEncoding.EncodeToString(value),
		"dec":    "p-" + new(big.Int).SetBytes(value).String(),
	} {
		if got := state.Get(name).AsString(); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if id != base64.RawURLEncoding.EncodeToString(value) {
		t.Errorf("id %q", id)
	}
}

func TestBytesAreSecretInBothForms(t *testing.T) {
	state, _ := made(t, "random:index/randomBytes:RandomBytes", inputs{"length": number(33)})
	inHex, err := hex.DecodeString(state.Get("hex").AsString())
	if err != nil || len(inHex) != 33 || base64.StdEncoding.EncodeToString(inHex) != state.Get("base64").AsString() {
		t.Errorf("%v", err)
	}
	if !state.Get("hex").Secret() || !state.Get("base64").Secret() {
		t.Error("bytes must be secret")
	}
}

func TestIntegerStaysWithinAndReachesItsBounds(t *testing.T) {
	seen := map[int]bool{}
	for range 200 {
		state, _ := made(t, "random:index/randomInteger:RandomInteger", inputs{"min": number(-1), "max": number(2)})
		seen[int(state.Get("result").AsNumber())] = true
	}
	if len(seen) != 4 || !seen[-1] || !seen[2] {
		t.Errorf("%v", seen)
	}
}

func TestUuids(t *testing.T) {
	for token, version := range map[string]string{
		"random:index/randomUuid:RandomUuid": "4", "random:index/randomUuid4:RandomUuid4": "4", "random:index/randomUuid7:RandomUuid7": "7",
	} {
		state, id := made(t, token, inputs{})
		result := state.Get("result").AsString()
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-`+version+`[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(result) || id != result {
			t.Errorf("%s: %q", token, result)
		}
	}
}
