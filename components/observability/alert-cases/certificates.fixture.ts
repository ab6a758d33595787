import type { AlertCase, Series } from "./case.fixture";

/** What the service that gets certificates tells of one. */
const acme = (metric: string, certificate = "traefik.example.org") =>
  `acme_${metric}{tier="load-balancer",workload="testbro-traefik-acme",instance="10.0.1.9:8081",certificate="${certificate}"}`;
const onCertificate = { tier: "load-balancer", workload: "testbro-traefik-acme", certificate: "traefik.example.org" };

const DAY = 86400;
const until = (values: string, certificate?: string): Series => ({
  [acme("certificate_not_after_timestamp_seconds", certificate)]: values,
});

/** What the blackbox exporter finds at the public address. */
const probe = (metric: string) =>
  `probe_${metric}{tier="observability",workload="testbro-blackbox",instance="https://example.org:8443/",replica="10.0.0.3"}`;

/** Cases of the group `certificates`. */
export const CERTIFICATE_CASES: AlertCase[] = [
  {
    alert: "AcmeFails",
    every: 300,
    step: 300,
    // Renewals fail from 300 s on; the old certificate serves.
    bad: { [acme("failures")]: "0 3 6 8x71 0x20", [acme("certificate_present")]: "1x100", ...until(`${29 * DAY}x100`) },
    fires: 21_900,
    recovered: 22_500,
    labels: { severity: "warning", ...onCertificate },
    summary: "No certificate can be had for traefik.example.org",
    description:
      "The last 8 attempts to get a certificate for traefik.example.org have failed, in 6 h and more. One that is there serves until its end. The log of testbro-traefik-acme says why.",
    quiet: [
      // An authority that is away for most of a night.
      { [acme("failures")]: "0 3 6 8x69 0x40" },
      { [acme("failures")]: "0x100" },
    ],
  },
  {
    alert: "AcmeCertificateMissing",
    bad: { [acme("certificate_present")]: "0x182 1x20", [acme("certificate_present", "example.org")]: "1x300" },
    fires: 900,
    recovered: 925,
    labels: { severity: "critical", ...onCertificate },
    summary: "traefik.example.org has no certificate that browsers take",
    description:
      "The ACME authority has not issued for traefik.example.org in 15 min. The own authority's certificate serves, which browsers refuse. The log of testbro-traefik-acme says why.",
    quiet: [{ [acme("certificate_present")]: "0x170 1x60" }],
  },
  {
    alert: "AcmeCertificateExpires",
    bad: until(`${14 * DAY + 60}x28 ${90 * DAY}x30`),
    fires: 125,
    recovered: 150,
    labels: { severity: "warning", ...onCertificate },
    summary: "The certificate of traefik.example.org ends soon",
    description:
      "The last certificate that testbro-traefik-acme has got for traefik.example.org ends in 13d 23h 58m 55s; after that browsers refuse the site.",
    quiet: [
      until(`${14 * DAY + 600}x60`),
      until(`${2 * DAY}x60`),
      // Of the public address the certificate that it shows is looked at.
      {
        ...until(`${13 * DAY}x60`, "example.org"),
        [probe("ssl_earliest_cert_expiry")]: `${13 * DAY}x60`,
        [probe("success")]: "1x60",
      },
    ],
  },
  {
    alert: "AcmeCertificateExpiresNow",
    bad: until(`${3 * DAY + 60}x14 ${90 * DAY}x30`),
    fires: 60,
    recovered: 80,
    labels: { severity: "critical", ...onCertificate },
    summary: "The certificate of traefik.example.org is about to end",
    description:
      "The last certificate that testbro-traefik-acme has got for traefik.example.org ends in 3d 0h 0m 0s; after that browsers refuse the site.",
    quiet: [until(`${3 * DAY + 600}x60`)],
  },
];
