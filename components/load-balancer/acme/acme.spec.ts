import assert from "node:assert/strict";
import fc from "fast-check";
import { acmeCertificates } from "./certificates";
import { checkAcme, type AcmeSurroundings } from "./check";
import { LETS_ENCRYPT, type AcmeOptions } from "./options";

const GOOD: AcmeOptions = { image: "testbro/acme:1", email: "ops@example.org" };
const SURROUNDINGS: AcmeSurroundings = {
  sites: [["app.example.org", "www.example.org"], ["Grafana.example.org"]],
  covered: [],
  plainHttp: true,
};
const DNS = { provider: "cloudflare", secrets: { CLOUDFLARE_DNS_API_TOKEN: "x" } };

function problems(options: Partial<AcmeOptions>, surroundings: Partial<AcmeSurroundings> = {}): string[] {
  return checkAcme("lb.tls.acme", { ...GOOD, ...options }, { ...SURROUNDINGS, ...surroundings }).map(
    ({ path, message, fix }) => `${path}: ${message}. Fix: ${fix}.`,
  );
}

describe("certificates from an ACME authority", () => {
  it("are one for each site, called after its first name in lower case", () => {
    assert.deepEqual(acmeCertificates({}, SURROUNDINGS), [
      { hosts: ["app.example.org", "www.example.org"], file: "acme-app.example.org.pem" },
      { hosts: ["grafana.example.org"], file: "acme-grafana.example.org.pem" },
    ]);
    assert.deepEqual(acmeCertificates({ hosts: ["*.example.org"] }, { sites: [["*.example.org", "192.0.2.1"]], covered: [] }), [
      { hosts: ["*.example.org"], file: "acme-_.example.org.pem" },
    ]);
  });

  it("leave out addresses, and names that have a certificate", () => {
    const sites = [["a.example.org", "192.0.2.1"], ["b.example.net"], ["c.example.net"]];
    assert.deepEqual(
      acmeCertificates({}, { sites, covered: ["*.example.net"] }).map(({ hosts }) => hosts),
      [["a.example.org"]],
    );
  });

  it("need nothing but an image and an address; everything can be set", () => {
    assert.deepEqual(problems({}), []);
    const all: Partial<AcmeOptions> = {
      directory: "https://acme.internal:14000/dir",
      directoryCa: "PEM",
      hosts: ["app.example.org", "www.example.org"],
      challenge: { dns: { ...DNS, env: { CLOUDFLARE_TTL: "120" }, wait: 60 } },
      keyType: "rsa2048",
      renewDaysBefore: 14,
    };
    assert.deepEqual(problems(all), []);
    assert.deepEqual(problems({ challenge: { dns: DNS } }, { plainHttp: false, sites: [["*.example.org"]] }), []);
  });

  const refused: [string, Partial<AcmeOptions>, Partial<AcmeSurroundings>, RegExp][] = [
    ["no address", { email: "" }, {}, /^lb\.tls\.acme\.email: "" is not an address\. Fix: write one that is read, e\.g\. ops@/],
    ["an address without a domain", { email: "ops@localhost" }, {}, /email: "ops@localhost" is not an address/],
    ["two addresses", { email: "a@example.org,b@example.org" }, {}, /email: .* is not an address/],
    ["no email at all", { email: undefined as unknown as string }, {}, /email: null is not an address/],
    ["a directory without TLS", { directory: "http://acme.example.org/dir" }, {}, /directory: .* is not an https URL\. Fix: e\.g\. https:/],
    ["a directory that is no URL", { directory: "letsencrypt" }, {}, /directory: "letsencrypt" is not an https URL/],
    ["an address among the hosts", { hosts: ["192.0.2.1"] }, {}, /hosts: "192\.0\.2\.1" is an address\. Fix: name hosts only/],
    ["localhost", {}, { sites: [["localhost"]] }, /hosts: "localhost" is every machine's own name/],
    ["a name of one label", {}, { sites: [["intranet"]] }, /hosts: "intranet" is not a host name with its domain/],
    ["an underscore", {}, { sites: [["a_b.example.org"]] }, /hosts: "a_b\.example\.org" is not a host name/],
    ["a private name with Let's Encrypt", {}, { sites: [["app.internal"]] }, /"app\.internal" is a private name.*authority of your own/],
    [
      "a private name with its staging",
      { directory: LETS_ENCRYPT.staging },
      { sites: [["app.test"]] },
      /"app\.test" is a private name, for which Let's Encrypt/,
    ],
    ["a wildcard without DNS", {}, { sites: [["*.example.org"]] }, /"\*\.example\.org" cannot be proved by http-01.*use challenge: \{ dns/],
    ["any host", {}, { sites: [[]] }, /hosts: there is no name to get a certificate for\. Fix: give the balancer's hosts/],
    ["a host nobody answers", { hosts: ["other.example.org"] }, {}, /"other\.example\.org" is no host of the balancer or a route/],
    [
      "a host with a certificate",
      { hosts: ["grafana.example.org"] },
      { covered: ["*.example.org"] },
      /"grafana\.example\.org" has a certificate in tls\.certificates/,
    ],
    [
      "half a site",
      { hosts: ["app.example.org"] },
      {},
      /"www\.example\.org" would be shown the certificate of "app\.example\.org", with which it shares its routes/,
    ],
    [
      "more names than a certificate holds",
      {},
      { sites: [Array.from({ length: 101 }, (_, index) => `h${index}.example.org`)] },
      /101 names share one certificate\. Fix: give at most 100/,
    ],
    ["http-01 without port 80", {}, { plainHttp: false }, /challenge: http-01 comes in at port 80, and plain HTTP is not published/],
    ["an unknown challenge", { challenge: "tls-alpn-01" as never }, {}, /challenge: "tls-alpn-01" is not known\. Fix: give "http-01" or/],
    ["a provider that is none", { challenge: { dns: { provider: "Cloud Flare" } } }, {}, /challenge\.dns\.provider: "Cloud Flare" is not/],
    ["a provider that waits for a person", { challenge: { dns: { provider: "manual" } } }, {}, /"manual" needs a person/],
    [
      "a secret under no name",
      { challenge: { dns: { ...DNS, secrets: { "dns token": "x" } } } },
      {},
      /secrets: "dns token" is not a variable/,
    ],
    ["a variable of our own", { challenge: { dns: { ...DNS, env: { ACME_EMAIL: "x" } } } }, {}, /env: "ACME_EMAIL" is not the provider's/],
    [
      "one variable twice",
      { challenge: { dns: { ...DNS, env: { CLOUDFLARE_DNS_API_TOKEN: "y" } } } },
      {},
      /env: "CLOUDFLARE_DNS_API_TOKEN" is among the secrets too/,
    ],
    ["no time to wait", { challenge: { dns: { ...DNS, wait: 0 } } }, {}, /challenge\.dns\.wait: 0 is not a whole number/],
    ["an unknown key", { keyType: "rsa1024" as never }, {}, /keyType: "rsa1024" is not known\. Fix: give one of ec256/],
    ["a renewal that never ends", { renewDaysBefore: 90 }, {}, /renewDaysBefore: 90 is not a whole number from 1 to 30/],
  ];
  for (const [what, options, surroundings, message] of refused) {
    it(`refuses ${what}, with path, value and fix`, () => assert.match(problems(options, surroundings).join("\n"), message));
  }

  it("reports every problem at once", () => {
    assert.equal(problems({ email: "", directory: "x", keyType: "x" as never, hosts: ["192.0.2.1", "localhost"] }).length >= 5, true);
  });

  it("only names that a shell leaves alone pass, whatever is given", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.domain()), (host) => {
        if (problems({ challenge: { dns: DNS } }, { sites: [[host]] }).length > 0) return;
        for (const { hosts, file } of acmeCertificates({}, { sites: [[host]], covered: [] })) {
          assert.match(hosts.join(","), /^[a-z0-9.*-]+$/);
          assert.match(file, /^acme-[a-z0-9._-]+\.pem$/);
        }
      }),
    );
  });
});
