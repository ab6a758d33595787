package main

import (
	"crypto"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"maps"
	"math/big"
	"time"

	"crypto/x509/pkix"

	"testbro/toolchain/internal/logical"
)

// certificateFields are shared by self-signed and locally signed certificates.
func certificateFields() map[string]logical.Field {
	return map[string]logical.Field{
		"allowedUses":         {Kind: logical.StringList, Required: true, OneOf: allUses()},
		"validityPeriodHours": {Kind: logical.Int, Required: true, Min: logical.Bound(0)},
		// Moving the renewal date changes no certificate, so it alone is updated in place.
		"earlyRenewalHours": {Kind: logical.Int, Default: 0, Min: logical.Bound(0), InPlace: true},
		"isCaCertificate":   {Kind: logical.Bool, Default: false},
		"maxPathLength":     {Kind: logical.Int, Default: -1, Min: logical.Bound(-1)},
		"setSubjectKeyId":   {Kind: logical.Bool, Default: false},
	}
}

func certificateOutputs() map[string]bool {
	return map[string]bool{"certPem": false, "readyForRenewal": false, "validityEndTime": false, "validityStartTime": false}
}

// expiry asks for a new certificate from earlyRenewalHours before the end of its validity.
func expiry() *logical.Expiry {
	return &logical.Expiry{
		Flag: "readyForRenewal",
		At: func(state logical.Inputs) (time.Time, bool) {
			end, err := time.Parse(time.RFC3339, state.String("validityEndTime"))
			return end.Add(-time.Duration(state.Int("earlyRenewalHours")) * time.Hour), err == nil
		},
	}
}

func selfSignedResource(now func() time.Time) logical.Resource {
	fields := certificateFields()
	maps.Copy(fields, nameFields())
	fields["setAuthorityKeyId"] = logical.Field{Kind: logical.Bool, Default: false}
	outputs := certificateOutputs()
	outputs["keyAlgorithm"] = false
	return logical.Resource{
		Fields: fields, Outputs: outputs, Expires: expiry(),
		Validate: func(in logical.Inputs, unknown map[string]bool) []logical.Problem {
			_, _, problems := addresses(in)
			return append(problems, validateKey("privateKeyPem", in, unknown)...)
		},
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			key, algorithm, err := parseKey(in.String("privateKeyPem"))
			if err != nil {
				return "", nil, err
			}
			ips, uris, _ := addresses(in)
			template := &x509.Certificate{
				Subject: distinguishedName(in.Object("subject")), DNSNames: in.Strings("dnsNames"), IPAddresses: ips, URIs: uris,
			}
			if in.Bool("setAuthorityKeyId") {
				if template.AuthorityKeyId, err = subjectKeyID(key.Public()); err != nil {
					return "", nil, err
				}
			}
			id, made, err := issue(in, now(), template, template, key.Public(), key)
			if made != nil {
				made["keyAlgorithm"] = algorithm
			}
			return id, made, err
		},
	}
}

func locallySignedResource(now func() time.Time) logical.Resource {
	fields := certificateFields()
	maps.Copy(fields, map[string]logical.Field{
		"caCertPem":       {Kind: logical.String, Required: true},
		"caPrivateKeyPem": {Kind: logical.String, Required: true, Secret: true},
		"certRequestPem":  {Kind: logical.String, Required: true},
		"caPrivateKeyPemWo": {Kind: logical.String,
			Unsupported: "pass the key as caPrivateKeyPem, or install the official plugin"},
		"caPrivateKeyPemWoVersion": {Kind: logical.Int,
			Unsupported: "pass the key as caPrivateKeyPem, or install the official plugin"},
	})
	outputs := certificateOutputs()
	outputs["caKeyAlgorithm"] = false
	return logical.Resource{
		Fields: fields, Outputs: outputs, Expires: expiry(), Validate: validateSigning,
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			caKey, algorithm, err := parseKey(in.String("caPrivateKeyPem"))
			if err != nil {
				return "", nil, err
			}
			ca, err := parseCertificate(in.String("caCertPem"))
			if err != nil {
				return "", nil, fmt.Errorf("caCertPem %w", err)
			}
			request, err := parseRequest(in.String("certRequestPem"))
			if err != nil {
				return "", nil, fmt.Errorf("certRequestPem %w", err)
			}
			id, made, err := issue(in, now(), &x509.Certificate{
				Subject: request.Subject, RawSubject: request.RawSubject, DNSNames: request.DNSNames, IPAddresses: request.IPAddresses,
				EmailAddresses: request.EmailAddresses, URIs: request.URIs,
			}, ca, request.PublicKey, caKey)
			if made != nil {
				made["caKeyAlgorithm"] = algorithm
			}
			return id, made, err
		},
	}
}

func validateSigning(in logical.Inputs, unknown map[string]bool) []logical.Problem {
	problems := validateKey("caPrivateKeyPem", in, unknown)
	if !unknown["caCertPem"] {
		if _, err := parseCertificate(in.String("caCertPem")); err != nil {
			problems = append(problems, logical.Problem{Property: "caCertPem", Reason: err.Error()})
		}
	}
	if !unknown["certRequestPem"] {
		if _, err := parseRequest(in.String("certRequestPem")); err != nil {
			problems = append(problems, logical.Problem{Property: "certRequestPem", Reason: err.Error()})
		}
	}
	return problems
}

// issue completes the template from the inputs and signs it. With parent == template the certificate signs itself.
func issue(in logical.Inputs, start time.Time, template, parent *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) (string, map[string]any, error) {
	// 128 random bits keep serial numbers unique without a register (RFC 5280 allows up to 20 octets, positive).
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 128))
	if err != nil {
		return "", nil, err
	}
	template.SerialNumber = serial
	template.NotBefore = start
	template.NotAfter = start.Add(time.Duration(in.Int("validityPeriodHours")) * time.Hour)
	template.BasicConstraintsValid = true
	for _, use := range in.Strings("allowedUses") {
		template.KeyUsage |= keyUses[use]
		if extended, ok := extendedUses[use]; ok {
			template.ExtKeyUsage = append(template.ExtKeyUsage, extended)
		}
	}
	if in.Bool("isCaCertificate") {
		template.IsCA = true
		template.MaxPathLen = in.Int("maxPathLength")
		template.MaxPathLenZero = template.MaxPathLen == 0
	}
	if in.Bool("isCaCertificate") || in.Bool("setSubjectKeyId") {
		if template.SubjectKeyId, err = subjectKeyID(public); err != nil {
			return "", nil, err
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, signer)
	if err != nil {
		return "", nil, err
	}
	return serial.String(), map[string]any{
		"certPem":           block("CERTIFICATE", der),
		"readyForRenewal":   false,
		"validityStartTime": template.NotBefore.Format(time.RFC3339),
		"validityEndTime":   template.NotAfter.Format(time.RFC3339),
	}, nil
}

// subjectKeyID is the SHA-1 of the public key's bit string (RFC 5280, section 4.2.1.2, method 1).
func subjectKeyID(public crypto.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil, err
	}
	sum := sha1.Sum(info.Key.Bytes)
	return sum[:], nil
}
