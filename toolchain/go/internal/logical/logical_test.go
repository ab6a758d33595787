package logical

import (
	"context"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
)

var end = time.Date(2030, 1, 2, 0, 0, 0, 0, time.UTC)

// trial has one field of each behaviour.
func trial(now time.Time) Package {
	return Package{
		Name: "trial",
		Now:  func() time.Time { return now },
		Resources: map[string]Resource{"Thing": {
			Fields: map[string]Field{
				"size":    {Kind: Int, Required: true, Min: Bound(1), Max: Bound(9)},
				"color":   {Kind: String, Default: "red", OneOf: []string{"red", "blue"}},
				"early":   {Kind: Int, Default: 0, InPlace: true},
				"key":     {Kind: String, Secret: true},
				"tags":    {Kind: StringList},
				"keepers": {Kind: StringMap},
				"flag":    {Kind: Bool},
				"who":     {Kind: Object, Fields: map[string]Field{"name": {Kind: String}}},
				"old":     {Kind: String, Unsupported: "use color"},
			},
			Outputs: map[string]bool{"result": true, "shown": false, "until": false, "expired": false},
			Validate: func(in Inputs, unknown map[string]bool) []Problem {
				if !unknown["size"] && in.Int("size") == 7 {
					return []Problem{{"size", "is 7"}}
				}
				return nil
			},
			Create: func(in Inputs) (string, map[string]any, error) {
				return "made", map[string]any{"result": "hidden", "shown": in.String("color"), "until": end.Format(time.RFC3339), "expired": false}, nil
			},
			Expires: &Expiry{Flag: "expired", At: func(state Inputs) (time.Time, bool) {
				until, err := time.Parse(time.RFC3339, state.String("until"))
				return until.Add(-time.Duration(state.Int("early")) * time.Hour), err == nil
			}},
		}},
	}
}

const thing = urn.URN("urn:pulumi:s::p::trial:index/thing:Thing::t")

func props(entries map[string]property.Value) property.Map { return property.NewMap(entries) }

func text(s string) property.Value { return property.New(s) }

func number(n float64) property.Value { return property.New(n) }

func failures(t *testing.T, inputs property.Map) string {
	t.Helper()
	response, err := trial(time.Unix(0, 0)).Provider().Check(context.Background(), p.CheckRequest{Urn: thing, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, failure := range response.Failures {
		all = append(all, failure.Property+" "+failure.Reason)
	}
	return strings.Join(all, "\n")
}

func TestCheckReportsEveryProblemAtOnce(t *testing.T) {
	got := failures(t, props(map[string]property.Value{
		"color": text("green"), "flag": text("yes"), "tags": property.New([]property.Value{number(1)}),
		"keepers": property.New(map[string]property.Value{"a": number(1)}), "who": property.New(map[string]property.Value{"age": number(1)}),
		"old": text("x"), "extra": text("x"), "early": number(1.5),
	}))
	for _, want := range []string{
		`color is "green"; use one of red, blue`, "flag must be a boolean", "tags[0] must be a string", "keepers.a must be a string",
		"who.age is not a property", "old is not covered by this stand-in plugin: use color", "extra is not a property of this resource; it has color, early",
		"early must be a whole number", "size is required",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing from:\n%s", want, got)
		}
	}
}

func TestCheckBoundsAndValidate(t *testing.T) {
	for size, want := range map[float64]string{0: "at least 1", 10: "at most 9", 7: "is 7", 5: ""} {
		got := failures(t, props(map[string]property.Value{"size": number(size)}))
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("size %v: got %q, want %q", size, got, want)
		}
	}
}

func TestCheckLetsUnknownValuesPass(t *testing.T) {
	computed := property.New(property.Computed)
	got := failures(t, props(map[string]property.Value{"size": computed, "color": computed, "tags": property.New([]property.Value{computed}), "who": computed}))
	if got != "" {
		t.Error(got)
	}
}

func TestCheckNeverShowsASecret(t *testing.T) {
	got := failures(t, props(map[string]property.Value{"size": number(1), "color": text("hunter2").WithSecret(true)}))
	if strings.Contains(got, "hunter2") || !strings.Contains(got, "[secret]") {
		t.Error(got)
	}
}

func TestOtherTypesAndFunctionsAreRefusedByName(t *testing.T) {
	provider := trial(time.Unix(0, 0)).Provider()
	_, err := provider.Check(context.Background(), p.CheckRequest{Urn: "urn:pulumi:s::p::trial:index/other:Other::t"})
	if err == nil || !strings.Contains(err.Error(), "trial:index/other:Other is not covered") || !strings.Contains(err.Error(), "it covers Thing") {
		t.Error(err)
	}
	_, err = provider.Invoke(context.Background(), p.InvokeRequest{Token: "trial:index/getIt:getIt"})
	if err == nil || !strings.Contains(err.Error(), "trial:index/getIt:getIt is not covered") {
		t.Error(err)
	}
}

func create(t *testing.T, inputs property.Map, dryRun bool) p.CreateResponse {
	t.Helper()
	response, err := trial(time.Unix(0, 0)).Provider().Create(context.Background(), p.CreateRequest{Urn: thing, Properties: inputs, DryRun: dryRun})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestCreateAddsDefaultsAndMarksSecrets(t *testing.T) {
	made := create(t, props(map[string]property.Value{"size": number(2), "key": text("k")}), false)
	if made.ID != "made" || made.Properties.Get("color").AsString() != "red" || made.Properties.Get("shown").AsString() != "red" {
		t.Errorf("%#v", made)
	}
	for name, secret := range map[string]bool{"result": true, "key": true, "shown": false, "size": false} {
		if made.Properties.Get(name).Secret() != secret {
			t.Errorf("%s: secret is %v", name, !secret)
		}
	}
}

func TestCreateInPreviewKnowsInputsOnly(t *testing.T) {
	made := create(t, props(map[string]property.Value{"size": number(2)}), true)
	if made.ID != "" || made.Properties.Get("size").AsNumber() != 2 || !made.Properties.Get("result").IsComputed() || !made.Properties.Get("result").Secret() {
		t.Errorf("%#v", made)
	}
}

func diff(t *testing.T, now time.Time, old, new map[string]property.Value, ignore ...string) p.DiffResponse {
	t.Helper()
	state := map[string]property.Value{"until": text(end.Format(time.RFC3339)), "early": number(0)}
	for name, value := range old {
		state[name] = value
	}
	response, err := trial(now).Provider().Diff(context.Background(), p.DiffRequest{
		Urn: thing, State: props(state), OldInputs: props(old), Inputs: props(new), IgnoreChanges: ignore,
	})
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func TestDiff(t *testing.T) {
	long := end.Add(-1000 * time.Hour)
	base := func(more map[string]property.Value) map[string]property.Value {
		all := map[string]property.Value{"size": number(2)}
		for name, value := range more {
			all[name] = value
		}
		return all
	}
	for name, c := range map[string]struct {
		now      time.Time
		old, new map[string]property.Value
		ignore   []string
		want     map[string]p.DiffKind
	}{
		"nothing":             {now: long, old: base(nil), new: base(nil)},
		"default spelled out": {now: long, old: base(nil), new: base(map[string]property.Value{"color": text("red")})},
		"only marked secret":  {now: long, old: base(map[string]property.Value{"key": text("k")}), new: base(map[string]property.Value{"key": text("k").WithSecret(true)})},
		"secret deep inside": {now: long,
			old: base(map[string]property.Value{"who": property.New(map[string]property.Value{"name": text("a")})}),
			new: base(map[string]property.Value{"who": property.New(map[string]property.Value{"name": text("a").WithSecret(true)})})},
		"internal keys": {now: long, old: base(map[string]property.Value{"__defaults": property.New([]property.Value{})}), new: base(nil)},
		"changed":       {now: long, old: base(nil), new: map[string]property.Value{"size": number(3)}, want: map[string]p.DiffKind{"size": p.UpdateReplace}},
		"added":         {now: long, old: base(nil), new: base(map[string]property.Value{"flag": property.New(true)}), want: map[string]p.DiffKind{"flag": p.AddReplace}},
		"removed":       {now: long, old: base(map[string]property.Value{"flag": property.New(true)}), new: base(nil), want: map[string]p.DiffKind{"flag": p.DeleteReplace}},
		"in place":      {now: long, old: base(nil), new: base(map[string]property.Value{"early": number(3)}), want: map[string]p.DiffKind{"early": p.Update}},
		"ignored":       {now: long, old: base(nil), new: map[string]property.Value{"size": number(3)}, ignore: []string{"size"}},
		"expired":       {now: end, old: base(nil), new: base(nil), want: map[string]p.DiffKind{"expired": p.UpdateReplace}},
		"early enough to be due": {now: end.Add(-2 * time.Hour), old: base(nil), new: base(map[string]property.Value{"early": number(3)}),
			want: map[string]p.DiffKind{"early": p.Update, "expired": p.UpdateReplace}},
	} {
		got := diff(t, c.now, c.old, c.new, c.ignore...)
		if got.HasChanges != (len(c.want) > 0) || len(got.DetailedDiff) != len(c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		for property, kind := range c.want {
			if got.DetailedDiff[property].Kind != kind {
				t.Errorf("%s: %s is %v, want %v", name, property, got.DetailedDiff[property].Kind, kind)
			}
		}
	}
}

func TestRefreshKeepsTheStateAndTellsExpiry(t *testing.T) {
	state := create(t, props(map[string]property.Value{"size": number(2)}), false).Properties
	for _, c := range []struct {
		now     time.Time
		expired bool
	}{{end.Add(-time.Second), false}, {end, true}} {
		got, err := trial(c.now).Provider().Read(context.Background(), p.ReadRequest{ID: "made", Urn: thing, Properties: state})
		if err != nil {
			t.Fatal(err)
		}
		if got.Properties.Get("expired").AsBool() != c.expired || got.Properties.Get("result").AsString() != "hidden" || !got.Properties.Get("result").Secret() {
			t.Errorf("at %v: %#v", c.now, got.Properties)
		}
	}
}

func TestImportIsRefused(t *testing.T) {
	_, err := trial(end).Provider().Read(context.Background(), p.ReadRequest{ID: "x", Urn: thing})
	if err == nil || !strings.Contains(err.Error(), "cannot import") {
		t.Error(err)
	}
}

func TestUpdateKeepsTheMadeValue(t *testing.T) {
	state := create(t, props(map[string]property.Value{"size": number(2)}), false).Properties
	got, err := trial(end).Provider().Update(context.Background(), p.UpdateRequest{
		ID: "made", Urn: thing, State: state, Inputs: props(map[string]property.Value{"size": number(2), "early": number(4)}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Properties.Get("early").AsNumber() != 4 || got.Properties.Get("result").AsString() != "hidden" || !got.Properties.Get("result").Secret() {
		t.Errorf("%#v", got.Properties)
	}
}

func TestConfigurationIsRefused(t *testing.T) {
	got, err := trial(end).Provider().CheckConfig(context.Background(), p.CheckRequest{Inputs: props(map[string]property.Value{"proxy": text("x"), "version": text("1")})})
	if err != nil || len(got.Failures) != 1 || got.Failures[0].Property != "proxy" {
		t.Errorf("%v %v", got, err)
	}
}
