package main

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"net"
	"net/url"

	"testbro/toolchain/internal/logical"
)

// emailAddress is PKCS #9's attribute for a mail address inside a distinguished name (RFC 2985, section 5.2.1).
var emailAddress = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}

func subjectField() logical.Field {
	text := logical.Field{Kind: logical.String}
	return logical.Field{Kind: logical.Object, Fields: map[string]logical.Field{
		"commonName": text, "country": text, "emailAddress": text, "locality": text, "organization": text,
		"organizationalUnit": text, "postalCode": text, "province": text, "serialNumber": text,
		"streetAddresses": {Kind: logical.StringList},
	}}
}

// nameFields are what a request or a self-signed certificate is for.
func nameFields() map[string]logical.Field {
	return map[string]logical.Field{
		"dnsNames":      {Kind: logical.StringList},
		"ipAddresses":   {Kind: logical.StringList},
		"uris":          {Kind: logical.StringList},
		"subject":       subjectField(),
		"privateKeyPem": {Kind: logical.String, Required: true, Secret: true},
		"privateKeyPemWo": {Kind: logical.String,
			Unsupported: "pass the key as privateKeyPem, or install the official plugin"},
		"privateKeyPemWoVersion": {Kind: logical.Int,
			Unsupported: "pass the key as privateKeyPem, or install the official plugin"},
	}
}

// distinguishedName builds the X.501 name of a subject; absent fields leave no attribute.
func distinguishedName(subject logical.Inputs) pkix.Name {
	one := func(name string) []string {
		if value := subject.String(name); value != "" {
			return []string{value}
		}
		return nil
	}
	name := pkix.Name{
		CommonName:         subject.String("commonName"),
		Country:            one("country"),
		Locality:           one("locality"),
		Organization:       one("organization"),
		OrganizationalUnit: one("organizationalUnit"),
		PostalCode:         one("postalCode"),
		Province:           one("province"),
		SerialNumber:       subject.String("serialNumber"),
		StreetAddress:      subject.Strings("streetAddresses"),
	}
	if mail := subject.String("emailAddress"); mail != "" {
		name.ExtraNames = append(name.ExtraNames, pkix.AttributeTypeAndValue{Type: emailAddress, Value: mail})
	}
	return name
}

// addresses reads ipAddresses and uris; a value that is neither is reported with its position.
func addresses(in logical.Inputs) (ips []net.IP, uris []*url.URL, problems []logical.Problem) {
	for i, text := range in.Strings("ipAddresses") {
		ip := net.ParseIP(text)
		if ip == nil {
			problems = append(problems, logical.Problem{Property: fmt.Sprintf("ipAddresses[%d]", i),
				Reason: fmt.Sprintf("is %q, which is no IP address; write 192.0.2.1 or 2001:db8::1, and names under dnsNames", text)})
		}
		ips = append(ips, ip)
	}
	for i, text := range in.Strings("uris") {
		uri, err := url.Parse(text)
		if err != nil {
			problems = append(problems, logical.Problem{Property: fmt.Sprintf("uris[%d]", i), Reason: fmt.Sprintf("is %q, which is no URI: %v", text, err)})
		}
		uris = append(uris, uri)
	}
	return ips, uris, problems
}

// validateKey reports a private key that cannot be read, without showing it.
func validateKey(property string, in logical.Inputs, unknown map[string]bool) []logical.Problem {
	if unknown[property] {
		return nil
	}
	if _, _, err := parseKey(in.String(property)); err != nil {
		return []logical.Problem{{Property: property, Reason: err.Error()}}
	}
	return nil
}
