import type { Fixtures } from "../fixtures/fixtures";
import { certificateLifetimeRule } from "./certificate-lifetime";
import { UNKNOWN } from "../core/unknown";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

const own = {
  type: "tls:index/locallySignedCert:LocallySignedCert",
  name: "server",
  props: {
    caCertPem: UNKNOWN,
    caPrivateKeyPem: UNKNOWN,
    certRequestPem: UNKNOWN,
    validityPeriodHours: 2160,
    earlyRenewalHours: 720,
    allowedUses: ["server_auth"],
  },
};
const authority = {
  type: "tls:index/selfSignedCert:SelfSignedCert",
  name: "authority",
  props: {
    privateKeyPem: UNKNOWN,
    allowedUses: ["cert_signing"],
    validityPeriodHours: 43800,
    earlyRenewalHours: 8760,
    isCaCertificate: true,
  },
};

export const fixtures: Fixtures = {
  rule: certificateLifetimeRule,
  good: [own, authority, kube.certificate],
  bad: [
    edit(own, { validityPeriodHours: 43800 }),
    edit(own, { earlyRenewalHours: REMOVE }),
    edit(authority, { isCaCertificate: false }),
    edit(kube.certificate, { "spec.duration": "87600h" }),
    edit(kube.certificate, { "spec.renewBefore": "2160h" }),
  ],
  unknown: [unknownAt(own, "validityPeriodHours"), unknownAt(kube.certificate, "spec.duration")],
};
