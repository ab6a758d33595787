import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { IssueArgs } from "./options";

interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

const recorded: Recorded[] = [];
let certificates: typeof import("./authority");

function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

function find(name: string): Recorded {
  const found = recorded.find((it) => it.name === name);
  assert.ok(found, `no resource ${name} among ${recorded.map((it) => it.name).join(", ")}`);
  return found;
}

describe("OwnCertificateAuthority", () => {
  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        recorded.push({ type, name, inputs: inputs as Record<string, unknown> });
        const computed = {
          privateKeyPemPkcs8: `key of ${name}`,
          certPem: `certificate of ${name}\n`,
          certRequestPem: `request of ${name}`,
          validityEndTime: "2030-01-01T00:00:00Z",
        };
        return { id: `${name}-id`, state: { ...inputs, ...computed } };
      },
      call: () => ({}),
    });
    certificates = await import("./authority.js");
  });

  beforeEach(() => recorded.splice(0));

  it("makes a P-256 key and a certificate that may sign, but not another authority", async () => {
    const ca = new certificates.OwnCertificateAuthority("root", { commonName: "Example Root", validityDays: 100, renewBeforeDays: 10 });
    assert.equal(await valueOf(ca.certificatePem), "certificate of root-certificate\n");
    assert.deepEqual(find("root-key").inputs, { algorithm: "ECDSA", ecdsaCurve: "P256" });
    const { inputs, type } = find("root-certificate");
    assert.equal(type, "tls:index/selfSignedCert:SelfSignedCert");
    assert.equal(inputs["isCaCertificate"], true);
    assert.equal(inputs["maxPathLength"], 0);
    assert.deepEqual(inputs["allowedUses"], ["cert_signing", "crl_signing"]);
    assert.deepEqual(inputs["subject"], { commonName: "Example Root", organization: "TestBro" });
    assert.equal(inputs["validityPeriodHours"], 2400);
    assert.equal(inputs["earlyRenewalHours"], 240);
  });

  it("issues a certificate for the names, signed by the authority, with a key of its own", async () => {
    const ca = new certificates.OwnCertificateAuthority("root");
    const issued = ca.issue("postgres", { dnsNames: ["testbro-postgres"], ipAddresses: ["127.0.0.1"], uses: ["server", "client"] });
    assert.equal(await valueOf(issued.chainPem), "certificate of postgres-certificate\ncertificate of root-certificate\n");
    assert.equal(await valueOf(issued.certificatePem), "certificate of postgres-certificate\n");
    assert.equal(await valueOf(issued.authorityPem), "certificate of root-certificate\n");
    assert.equal(await valueOf(issued.privateKeyPem), "key of postgres-key");
    assert.equal(await valueOf(issued.validUntil), "2030-01-01T00:00:00Z");
    const request = find("postgres-request").inputs;
    assert.deepEqual(request["dnsNames"], ["testbro-postgres"]);
    assert.deepEqual(request["ipAddresses"], ["127.0.0.1"]);
    assert.deepEqual(request["subject"], { commonName: "testbro-postgres", organization: "TestBro" });
    const certificate = find("postgres-certificate").inputs;
    assert.equal(certificate["caCertPem"], "certificate of root-certificate\n");
    assert.deepEqual(certificate["allowedUses"], ["digital_signature", "server_auth", "client_auth"]);
    assert.equal(certificate["validityPeriodHours"], 366 * 24);
    assert.equal(certificate["earlyRenewalHours"], 60 * 24);
    assert.equal(certificate["isCaCertificate"], undefined);
  });

  it("keeps both keys secret", async () => {
    const ca = new certificates.OwnCertificateAuthority("root");
    const issued = ca.issue("web", { dnsNames: ["web"] });
    assert.equal(await pulumi.isSecret(ca.privateKeyPem), true);
    assert.equal(await pulumi.isSecret(issued.privateKeyPem), true);
    assert.equal(await pulumi.isSecret(issued.certificatePem), false);
  });

  it("hangs everything below the component that made it", async () => {
    const ca = new certificates.OwnCertificateAuthority("root");
    const issued = ca.issue("web", { dnsNames: ["web"] });
    assert.match(await valueOf(issued.certificate.urn), /testbro:certificates:IssuedCertificate\$tls:index/);
    assert.match(await valueOf(issued.urn), /testbro:certificates:OwnCertificateAuthority\$testbro:certificates:IssuedCertificate/);
    assert.match(await valueOf(ca.certificate.urn), /testbro:certificates:OwnCertificateAuthority\$tls:index/);
  });

  const refused: [string, IssueArgs, RegExp][] = [
    ["no name at all", {}, /web\.dnsNames: a server certificate without a name/],
    ["an address among the names", { dnsNames: ["10.0.0.1"] }, /web\.dnsNames\[0\]: "10\.0\.0\.1" is an address/],
    ["a name with a space", { dnsNames: ["a b"] }, /"a b" is not a host name/],
    ["a wildcard in the middle", { dnsNames: ["a.*.b"] }, /is not a host name/],
    ["a name among the addresses", { ipAddresses: ["web"] }, /web\.ipAddresses\[0\]: "web" is not an IPv4 or IPv6 address/],
    ["no use", { dnsNames: ["web"], uses: [] }, /web\.uses: is empty/],
    ["a validity browsers refuse", { dnsNames: ["web"], validityDays: 1000 }, /1000 days is more than browsers accept/],
    ["no validity", { dnsNames: ["web"], validityDays: 0 }, /web\.validityDays: 0 is not/],
    ["a renewal before the start", { dnsNames: ["web"], validityDays: 30, renewBeforeDays: 30 }, /30 is not between 0 and the validity/],
    ["a common name that is too long", { dnsNames: ["web"], commonName: "a".repeat(65) }, /has 65 characters/],
  ];
  for (const [what, args, message] of refused) {
    it(`refuses ${what}`, () => {
      const ca = new certificates.OwnCertificateAuthority("root");
      assert.throws(() => ca.issue("web", args), message);
    });
  }

  it("reports every problem at once", () => {
    const ca = new certificates.OwnCertificateAuthority("root");
    assert.throws(
      () => ca.issue("web", { dnsNames: ["a b"], ipAddresses: ["x"], validityDays: -1 }),
      (error: Error) => error.message.split("\n").length === 3,
    );
    assert.throws(
      () => new certificates.OwnCertificateAuthority("root", { commonName: "", validityDays: 0 }),
      /commonName[^]*validityDays/,
    );
  });

  it("takes a common name that fits when the first host name is too long", async () => {
    const ca = new certificates.OwnCertificateAuthority("root");
    const long = `${"a".repeat(40)}.${"b".repeat(40)}`;
    const issued = ca.issue("web", { dnsNames: [long, "short"] });
    await valueOf(issued.certificatePem);
    assert.equal((find("web-request").inputs["subject"] as { commonName: string }).commonName, "short");
  });
});
