import { defineRule } from "../core/rule";
import { seconds } from "../platforms/quantity";

export const certificateLifetimeRule = defineRule({
  id: "tls-certificate-lifetime",
  group: "tls",
  title: "A certificate lives a year at most and is renewed well before its end.",
  severity: "medium",
  why: "A leaked key is good as long as its certificate; browsers refuse public ones above 398 days (CA/Browser Forum). One renewed on its last day is one failure away from an outage.",
  fix: "Shorten the validity and set the early renewal.",
  example: `new tls.LocallySignedCert("server", { validityPeriodHours: 2160, earlyRenewalHours: 720, … })`,
  kinds: ["tls/SelfSignedCert", "tls/LocallySignedCert", "cert-manager.io/Certificate"],
  parameters: {
    maxHours: { type: "integer", description: "Longest validity of a server or client certificate in hours.", default: 9552, minimum: 1 },
    maxAuthorityHours: {
      type: "integer",
      description: "Longest validity of a certificate authority in hours.",
      default: 87_600,
      minimum: 1,
    },
  },
  check({ view, props, report, parameter, scope }) {
    const manager = view.kind === "cert-manager.io/Certificate";
    const spec = manager ? props.at("spec") : props;
    const authority = spec.at(manager ? "isCA" : "isCaCertificate").flag() === true;
    const most = parameter<number>(authority ? "maxAuthorityHours" : "maxHours");
    // cert-manager's default validity is 90 days with renewal after two thirds of it.
    const hours = manager ? (seconds(spec.at("duration").text()) ?? 7_776_000) / 3600 : (spec.at("validityPeriodHours").number() ?? 0);
    if (hours > most)
      report(`the certificate is valid for ${hours} h, longer than ${most} h`, spec.at(manager ? "duration" : "validityPeriodHours"));
    scope(() => {
      const early = spec.at(manager ? "renewBefore" : "earlyRenewalHours");
      const before = manager ? (seconds(early.text()) ?? hours * 1200) / 3600 : (early.number() ?? 0);
      if (before <= 0) report("the certificate is not renewed before its end", early);
      else if (before >= hours) report("the certificate is renewed as soon as it is issued", early);
    });
  },
});
