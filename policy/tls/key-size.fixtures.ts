import type { Fixtures } from "../fixtures/fixtures";
import { keySizeRule } from "./key-size";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";
import * as kube from "../fixtures/kubernetes";

const key = { type: "tls:index/privateKey:PrivateKey", name: "key", props: { algorithm: "ECDSA", ecdsaCurve: "P256" } };

export const fixtures: Fixtures = {
  rule: keySizeRule,
  good: [key, edit(key, { algorithm: "RSA", rsaBits: 4096 }), edit(key, { algorithm: "ED25519", ecdsaCurve: REMOVE }), kube.certificate],
  bad: [
    edit(key, { ecdsaCurve: REMOVE }),
    edit(key, { algorithm: "RSA", rsaBits: 1024 }),
    edit(kube.certificate, { "spec.privateKey": { algorithm: "RSA", size: 1024 } }),
  ],
  unknown: [unknownAt(key, "ecdsaCurve"), unknownAt(kube.certificate, "spec.privateKey.algorithm")],
};
