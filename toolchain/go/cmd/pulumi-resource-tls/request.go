package main

import (
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"

	"testbro/toolchain/internal/logical"
)

func certRequestResource() logical.Resource {
	return logical.Resource{
		Fields:  nameFields(),
		Outputs: map[string]bool{"certRequestPem": false, "keyAlgorithm": false},
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
			der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
				Subject:     distinguishedName(in.Object("subject")),
				DNSNames:    in.Strings("dnsNames"),
				IPAddresses: ips,
				URIs:        uris,
			}, key)
			if err != nil {
				return "", nil, err
			}
			text := block("CERTIFICATE REQUEST", der)
			sum := sha1.Sum([]byte(text))
			return hex.EncodeToString(sum[:]), map[string]any{"certRequestPem": text, "keyAlgorithm": algorithm}, nil
		},
	}
}

// parseRequest reads a PEM certificate request and verifies that its sender holds the key.
func parseRequest(text string) (*x509.CertificateRequest, error) {
	parsed, _ := pem.Decode([]byte(text))
	if parsed == nil || parsed.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("is not a PEM certificate request; pass certRequestPem of a tls.CertRequest")
	}
	request, err := x509.ParseCertificateRequest(parsed.Bytes)
	if err != nil {
		return nil, err
	}
	return request, request.CheckSignature()
}

// parseCertificate reads the first PEM certificate of a text.
func parseCertificate(text string) (*x509.Certificate, error) {
	parsed, _ := pem.Decode([]byte(text))
	if parsed == nil || parsed.Type != "CERTIFICATE" {
		return nil, errors.New("is not a PEM certificate; pass certPem of a tls.SelfSignedCert or tls.LocallySignedCert")
	}
	return x509.ParseCertificate(parsed.Bytes)
}
