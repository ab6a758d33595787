package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/ssh"

	"testbro/toolchain/internal/logical"
)

// curves are the accepted values of ecdsaCurve.
var curves = map[string]elliptic.Curve{
	"P224": elliptic.P224(), "P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521(),
}

func privateKeyResource() logical.Resource {
	return logical.Resource{
		Fields: map[string]logical.Field{
			"algorithm":  {Kind: logical.String, Required: true, OneOf: []string{"RSA", "ECDSA", "ED25519"}},
			"ecdsaCurve": {Kind: logical.String, Default: "P224", OneOf: []string{"P224", "P256", "P384", "P521"}},
			// Below 1024 bits Go refuses to make a key at all.
			"rsaBits": {Kind: logical.Int, Default: 2048, Min: logical.Bound(1024), Max: logical.Bound(16384)},
		},
		Outputs: map[string]bool{
			"privateKeyOpenssh": true, "privateKeyPem": true, "privateKeyPemPkcs8": true,
			"publicKeyFingerprintMd5": false, "publicKeyFingerprintSha256": false, "publicKeyOpenssh": false, "publicKeyPem": false,
		},
		Create: func(in logical.Inputs) (string, map[string]any, error) {
			key, err := generateKey(in)
			if err != nil {
				return "", nil, err
			}
			outputs, err := describeKey(key)
			if err != nil {
				return "", nil, err
			}
			id, err := keyID(key.Public())
			return id, outputs, err
		},
	}
}

func generateKey(in logical.Inputs) (crypto.Signer, error) {
	switch in.String("algorithm") {
	case "RSA":
		return rsa.GenerateKey(rand.Reader, in.Int("rsaBits"))
	case "ECDSA":
		return ecdsa.GenerateKey(curves[in.String("ecdsaCurve")], rand.Reader)
	case "ED25519":
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	default:
		return nil, fmt.Errorf("algorithm %q is none of RSA, ECDSA, ED25519", in.String("algorithm"))
	}
}

// describeKey writes a key in every format of the resource. SSH knows no P224, so its three formats stay empty for that curve.
func describeKey(key crypto.Signer) (map[string]any, error) {
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	native, err := nativePEM(key, pkcs8)
	if err != nil {
		return nil, err
	}
	outputs := map[string]any{
		"privateKeyPem":              native,
		"privateKeyPemPkcs8":         block("PRIVATE KEY", pkcs8),
		"publicKeyPem":               block("PUBLIC KEY", public),
		"privateKeyOpenssh":          "",
		"publicKeyOpenssh":           "",
		"publicKeyFingerprintMd5":    "",
		"publicKeyFingerprintSha256": "",
	}
	if curve, ok := key.(*ecdsa.PrivateKey); ok && curve.Curve == elliptic.P224() {
		return outputs, nil
	}
	sshPublic, err := ssh.NewPublicKey(key.Public())
	if err != nil {
		return nil, err
	}
	sshPrivate, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		return nil, err
	}
	outputs["privateKeyOpenssh"] = string(pem.EncodeToMemory(sshPrivate))
	outputs["publicKeyOpenssh"] = string(ssh.MarshalAuthorizedKey(sshPublic))
	outputs["publicKeyFingerprintMd5"] = ssh.FingerprintLegacyMD5(sshPublic)
	outputs["publicKeyFingerprintSha256"] = ssh.FingerprintSHA256(sshPublic)
	return outputs, nil
}

// nativePEM writes the key in its algorithm's own form: PKCS#1 for RSA, SEC 1 for ECDSA, PKCS#8 for Ed25519, which has no other.
func nativePEM(key crypto.Signer, pkcs8 []byte) (string, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(k)), nil
	case *ecdsa.PrivateKey:
		der, err := x509.MarshalECPrivateKey(k)
		return block("EC PRIVATE KEY", der), err
	default:
		return block("PRIVATE KEY", pkcs8), nil
	}
}

func block(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// keyID names a key by the SHA-1 of its public part: an identifier, not a protection.
func keyID(public crypto.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return "", err
	}
	sum := sha1.Sum(der)
	return hex.EncodeToString(sum[:]), nil
}

// parseKey reads a PEM private key and names its algorithm.
func parseKey(text string) (crypto.Signer, string, error) {
	parsed, _ := pem.Decode([]byte(text))
	if parsed == nil {
		return nil, "", errors.New("is not a PEM private key; pass a key such as privateKeyPem of a tls.PrivateKey")
	}
	switch parsed.Type {
	case "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(parsed.Bytes)
		return key, "RSA", err
	case "EC PRIVATE KEY":
		key, err := x509.ParseECPrivateKey(parsed.Bytes)
		return key, "ECDSA", err
	case "PRIVATE KEY":
		key, err := x509.ParsePKCS8PrivateKey(parsed.Bytes)
		switch k := key.(type) {
		case *rsa.PrivateKey:
			return k, "RSA", err
		case *ecdsa.PrivateKey:
			return k, "ECDSA", err
		case ed25519.PrivateKey:
			return k, "ED25519", err
		}
		return nil, "", fmt.Errorf("is a PKCS#8 key that cannot be read: %v", err)
	default:
		return nil, "", fmt.Errorf("is a PEM %q, not a private key", parsed.Type)
	}
}
