package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"
	"time"

	p "github.com/pulumi/pulumi-go-provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"golang.org/x/crypto/ssh"
)

type inputs = map[string]property.Value

var start = time.Now().Truncate(time.Second)

func number(n int) property.Value { return property.New(float64(n)) }

func list(items ...string) property.Value {
	values := []property.Value{}
	for _, item := range items {
		values = append(values, property.New(item))
	}
	return property.New(values)
}

func urnOf(class string) urn.URN {
	return urn.URN("urn:pulumi:s::p::tls:index/" + strings.ToLower(class[:1]) + class[1:] + ":" + class + "::r")
}

func request(t *testing.T, class string, in inputs) (string, property.Map) {
	t.Helper()
	provider := tls(func() time.Time { return start }).Provider()
	checked, err := provider.Check(context.Background(), p.CheckRequest{Urn: urnOf(class), Inputs: property.NewMap(in)})
	if err != nil {
		t.Fatal(err)
	}
	var failures []string
	for _, failure := range checked.Failures {
		failures = append(failures, failure.Property+" "+failure.Reason)
	}
	if len(failures) > 0 {
		return strings.Join(failures, "\n"), property.Map{}
	}
	created, err := provider.Create(context.Background(), p.CreateRequest{Urn: urnOf(class), Properties: checked.Inputs})
	if err != nil {
		t.Fatal(err)
	}
	if created.ID == "" {
		t.Errorf("%s has no identifier", class)
	}
	return "", created.Properties
}

func made(t *testing.T, class string, in inputs) property.Map {
	t.Helper()
	failures, state := request(t, class, in)
	if failures != "" {
		t.Fatal(failures)
	}
	return state
}

func certificate(t *testing.T, state property.Map) *x509.Certificate {
	t.Helper()
	parsed, err := parseCertificate(state.Get("certPem").AsString())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func key(t *testing.T) property.Value {
	t.Helper()
	return made(t, "PrivateKey", inputs{"algorithm": property.New("ECDSA"), "ecdsaCurve": property.New("P256")}).Get("privateKeyPem")
}

func TestPrivateKeys(t *testing.T) {
	for _, c := range []struct {
		in   inputs
		kind string
		ssh  string
	}{
		{inputs{"algorithm": property.New("RSA"), "rsaBits": number(1024)}, "RSA PRIVATE KEY", "ssh-rsa"},
		{inputs{"algorithm": property.New("ECDSA"), "ecdsaCurve": property.New("P384")}, "EC PRIVATE KEY", "ecdsa-sha2-nistp384"},
		{inputs{"algorithm": property.New("ECDSA")}, "EC PRIVATE KEY", ""},
		{inputs{"algorithm": property.New("ED25519")}, "PRIVATE KEY", "ssh-ed25519"},
	} {
		state := made(t, "PrivateKey", c.in)
		native, _ := pem.Decode([]byte(state.Get("privateKeyPem").AsString()))
		if native == nil || native.Type != c.kind {
			t.Errorf("%v: privateKeyPem is %v", c.in, native)
		}
		signer, algorithm, err := parseKey(state.Get("privateKeyPemPkcs8").AsString())
		if err != nil || algorithm != c.in["algorithm"].AsString() {
			t.Errorf("%v: %v %v", c.in, algorithm, err)
		}
		public, err := x509.MarshalPKIXPublicKey(signer.Public())
		if err != nil || block("PUBLIC KEY", public) != state.Get("publicKeyPem").AsString() {
			t.Errorf("%v: publicKeyPem is of another key", c.in)
		}
		for _, name := range []string{"privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"} {
			if !state.Get(name).Secret() {
				t.Errorf("%v: %s is not secret", c.in, name)
			}
		}
		if state.Get("publicKeyPem").Secret() {
			t.Error("a public key is no secret")
		}
		if c.ssh == "" {
			if state.Get("publicKeyOpenssh").AsString() != "" {
				t.Error("SSH knows no P224")
			}
			continue
		}
		parsed, _, _, _, err := ssh.ParseAuthorizedKey([]byte(state.Get("publicKeyOpenssh").AsString()))
		if err != nil || parsed.Type() != c.ssh || ssh.FingerprintSHA256(parsed) != state.Get("publicKeyFingerprintSha256").AsString() {
			t.Errorf("%v: %v", c.in, err)
		}
		if _, err := ssh.ParsePrivateKey([]byte(state.Get("privateKeyOpenssh").AsString())); err != nil {
			t.Errorf("%v: %v", c.in, err)
		}
	}
}

func TestKeySizes(t *testing.T) {
	for _, c := range []struct {
		in    inputs
		check func(any) bool
	}{
		{inputs{"algorithm": property.New("RSA")}, func(k any) bool { return k.(*rsa.PrivateKey).N.BitLen() == 2048 }},
		{inputs{"algorithm": property.New("ECDSA"), "ecdsaCurve": property.New("P521")}, func(k any) bool { return k.(*ecdsa.PrivateKey).Params().BitSize == 521 }},
		{inputs{"algorithm": property.New("ED25519")}, func(k any) bool { return len(k.(ed25519.PrivateKey)) == ed25519.PrivateKeySize }},
	} {
		parsed, _, err := parseKey(made(t, "PrivateKey", c.in).Get("privateKeyPem").AsString())
		if err != nil || !c.check(parsed) {
			t.Errorf("%v: %v", c.in, err)
		}
	}
}

func authority(t *testing.T, more inputs) (property.Value, property.Map) {
	t.Helper()
	caKey := key(t)
	in := inputs{
		"privateKeyPem": caKey, "isCaCertificate": property.New(true), "validityPeriodHours": number(1000),
		"allowedUses": list("cert_signing", "crl_signing"), "subject": property.New(inputs{"commonName": property.New("CA"), "organization": property.New("TestBro")}),
	}
	for name, value := range more {
		in[name] = value
	}
	return caKey, made(t, "SelfSignedCert", in)
}

func TestChainIsTrustedForItsNamesAndUses(t *testing.T) {
	caKey, ca := authority(t, nil)
	csr := made(t, "CertRequest", inputs{
		"privateKeyPem": key(t), "subject": property.New(inputs{"commonName": property.New("app"), "streetAddresses": list("1 Road")}),
		"dnsNames": list("app.test", "*.app.test"), "ipAddresses": list("127.0.0.1", "2001:db8::1"), "uris": list("spiffe://test/app"),
	})
	state := made(t, "LocallySignedCert", inputs{
		"caPrivateKeyPem": caKey, "caCertPem": ca.Get("certPem"), "certRequestPem": csr.Get("certRequestPem"),
		"validityPeriodHours": number(48), "allowedUses": list("digital_signature", "key_encipherment", "server_auth"), "setSubjectKeyId": property.New(true),
	})
	leaf, root := certificate(t, state), certificate(t, ca)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	for _, name := range []string{"app.test", "x.app.test"} {
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: start.Add(time.Hour)}); err != nil {
			t.Error(err)
		}
	}
	for name, options := range map[string]x509.VerifyOptions{
		"another name":  {Roots: pool, DNSName: "evil.test", CurrentTime: start.Add(time.Hour)},
		"too late":      {Roots: pool, CurrentTime: start.Add(49 * time.Hour)},
		"client use":    {Roots: pool, CurrentTime: start.Add(time.Hour), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}},
		"another roots": {Roots: x509.NewCertPool(), CurrentTime: start.Add(time.Hour)},
	} {
		if _, err := leaf.Verify(options); err == nil {
			t.Errorf("%s is trusted", name)
		}
	}
	if !leaf.IPAddresses[0].Equal(net.ParseIP("127.0.0.1")) || !leaf.IPAddresses[1].Equal(net.ParseIP("2001:db8::1")) || leaf.URIs[0].String() != "spiffe://test/app" {
		t.Errorf("%v %v", leaf.IPAddresses, leaf.URIs)
	}
	if leaf.Subject.CommonName != "app" || leaf.Subject.StreetAddress[0] != "1 Road" || leaf.Issuer.Organization[0] != "TestBro" {
		t.Errorf("%v by %v", leaf.Subject, leaf.Issuer)
	}
	if leaf.IsCA || leaf.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageKeyEncipherment {
		t.Errorf("IsCA %v, usage %v", leaf.IsCA, leaf.KeyUsage)
	}
	if len(leaf.SubjectKeyId) != 20 || string(leaf.AuthorityKeyId) != string(root.SubjectKeyId) {
		t.Error("key identifiers do not chain")
	}
	if state.Get("caKeyAlgorithm").AsString() != "ECDSA" || state.Get("readyForRenewal").AsBool() {
		t.Errorf("%#v", state)
	}
	if !state.Get("caPrivateKeyPem").Secret() || !csr.Get("privateKeyPem").Secret() || state.Get("certPem").Secret() {
		t.Error("keys are secret, certificates are not")
	}
}

func TestIntermediateAuthority(t *testing.T) {
	rootKey, root := authority(t, nil)
	middleKey := key(t)
	middleRequest := made(t, "CertRequest", inputs{"privateKeyPem": middleKey, "subject": property.New(inputs{"commonName": property.New("middle")})})
	middle := made(t, "LocallySignedCert", inputs{
		"caPrivateKeyPem": rootKey, "caCertPem": root.Get("certPem"), "certRequestPem": middleRequest.Get("certRequestPem"),
		"validityPeriodHours": number(500), "allowedUses": list("cert_signing"), "isCaCertificate": property.New(true), "maxPathLength": number(0),
	})
	leafRequest := made(t, "CertRequest", inputs{"privateKeyPem": key(t), "dnsNames": list("x.test")})
	leaf := certificate(t, made(t, "LocallySignedCert", inputs{
		"caPrivateKeyPem": middleKey, "caCertPem": middle.Get("certPem"), "certRequestPem": leafRequest.Get("certRequestPem"),
		"validityPeriodHours": number(5), "allowedUses": list("server_auth"),
	}))
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AddCert(certificate(t, root))
	between.AddCert(certificate(t, middle))
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, DNSName: "x.test", CurrentTime: start.Add(time.Hour)}); err != nil {
		t.Error(err)
	}
	if c := certificate(t, middle); !c.IsCA || c.MaxPathLen != 0 || !c.MaxPathLenZero {
		t.Errorf("MaxPathLen %d", c.MaxPathLen)
	}
	if c := certificate(t, root); c.MaxPathLen != -1 {
		t.Errorf("a root without maxPathLength has %d", c.MaxPathLen)
	}
}

func TestSelfSigned(t *testing.T) {
	_, state := authority(t, inputs{"setAuthorityKeyId": property.New(true), "setSubjectKeyId": property.New(true)})
	root := certificate(t, state)
	if err := root.CheckSignatureFrom(root); err != nil {
		t.Error(err)
	}
	if string(root.SubjectKeyId) != string(root.AuthorityKeyId) || len(root.SubjectKeyId) != 20 {
		t.Error("subject and authority key identifiers differ")
	}
	if root.NotAfter.Sub(root.NotBefore) != 1000*time.Hour || !root.NotBefore.Equal(start) {
		t.Errorf("%v to %v", root.NotBefore, root.NotAfter)
	}
	if state.Get("validityEndTime").AsString() != start.Add(1000*time.Hour).Format(time.RFC3339) {
		t.Error(state.Get("validityEndTime"))
	}
	plain := certificate(t, made(t, "SelfSignedCert", inputs{"privateKeyPem": key(t), "validityPeriodHours": number(1), "allowedUses": list("server_auth"), "dnsNames": list("x.test")}))
	if plain.IsCA || len(plain.SubjectKeyId) != 0 || len(plain.AuthorityKeyId) != 0 {
		t.Error("key identifiers and authority are asked for, not given")
	}
}

func TestRenewalIsDueFromTheEarlyHoursOn(t *testing.T) {
	in := inputs{"privateKeyPem": key(t), "validityPeriodHours": number(100), "earlyRenewalHours": number(10), "allowedUses": list("server_auth")}
	state := made(t, "SelfSignedCert", in)
	for hours, due := range map[int]bool{0: false, 89: false, 90: true, 101: true} {
		provider := tls(func() time.Time { return start.Add(time.Duration(hours) * time.Hour) }).Provider()
		got, err := provider.Diff(context.Background(), p.DiffRequest{Urn: urnOf("SelfSignedCert"), State: state, OldInputs: property.NewMap(in), Inputs: property.NewMap(in)})
		if err != nil || got.HasChanges != due || due && got.DetailedDiff["readyForRenewal"].Kind != p.UpdateReplace {
			t.Errorf("after %d h: %v %v", hours, got, err)
		}
		read, err := provider.Read(context.Background(), p.ReadRequest{ID: "1", Urn: urnOf("SelfSignedCert"), Properties: state})
		if err != nil || read.Properties.Get("readyForRenewal").AsBool() != due {
			t.Errorf("after %d h: refresh says %v, %v", hours, read.Properties.Get("readyForRenewal"), err)
		}
	}
}

func TestRefusals(t *testing.T) {
	caKey, ca := authority(t, nil)
	for name, c := range map[string]struct {
		class string
		in    inputs
		want  string
	}{
		"algorithm":     {"PrivateKey", inputs{"algorithm": property.New("DSA")}, `algorithm is "DSA"; use one of RSA, ECDSA, ED25519`},
		"curve":         {"PrivateKey", inputs{"algorithm": property.New("ECDSA"), "ecdsaCurve": property.New("P1")}, "use one of P224"},
		"tiny key":      {"PrivateKey", inputs{"algorithm": property.New("RSA"), "rsaBits": number(512)}, "at least 1024"},
		"use":           {"SelfSignedCert", inputs{"privateKeyPem": caKey, "validityPeriodHours": number(1), "allowedUses": list("serverAuth")}, `allowedUses[0] is "serverAuth"; use one of any_extended`},
		"address":       {"CertRequest", inputs{"privateKeyPem": caKey, "ipAddresses": list("localhost")}, `ipAddresses[0] is "localhost", which is no IP address`},
		"subject":       {"CertRequest", inputs{"privateKeyPem": caKey, "subject": property.New(inputs{"cn": property.New("x")})}, "subject.cn is not a property"},
		"no key":        {"CertRequest", inputs{}, "privateKeyPem is required"},
		"not a key":     {"CertRequest", inputs{"privateKeyPem": property.New("hunter2").WithSecret(true)}, "privateKeyPem is not a PEM private key"},
		"write-only":    {"CertRequest", inputs{"privateKeyPem": caKey, "privateKeyPemWo": property.New("x")}, "pass the key as privateKeyPem"},
		"CA is no cert": {"LocallySignedCert", inputs{"caPrivateKeyPem": caKey, "caCertPem": property.New("x"), "certRequestPem": property.New("y"), "validityPeriodHours": number(1), "allowedUses": list()}, "caCertPem is not a PEM certificate"},
		"no request":    {"LocallySignedCert", inputs{"caPrivateKeyPem": caKey, "caCertPem": ca.Get("certPem"), "certRequestPem": ca.Get("certPem"), "validityPeriodHours": number(1), "allowedUses": list()}, "certRequestPem is not a PEM certificate request"},
	} {
		got, _ := request(t, c.class, c.in)
		if !strings.Contains(got, c.want) || strings.Contains(got, "hunter2") {
			t.Errorf("%s: %q lacks %q", name, got, c.want)
		}
	}
}
