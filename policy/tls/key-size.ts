import { defineRule } from "../core/rule";

export const keySizeRule = defineRule({
  id: "tls-key-size",
  group: "tls",
  title: "A private key is RSA of 2048 bits or more, or elliptic of 256 bits or more.",
  severity: "high",
  why: "Smaller keys can be broken and public authorities refuse them (NIST SP 800-57).",
  fix: "Use ECDSA P-256, Ed25519 or RSA with 2048 bits or more.",
  example: `new tls.PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" })`,
  kinds: ["tls/PrivateKey", "cert-manager.io/Certificate"],
  check({ view, props, report }) {
    const manager = view.kind === "cert-manager.io/Certificate";
    const spec = manager ? props.at("spec", "privateKey") : props;
    const algorithm = (spec.at("algorithm").text() ?? "RSA").toUpperCase();
    if (algorithm === "RSA") {
      const bits = spec.at(manager ? "size" : "rsaBits").number() ?? 2048;
      if (bits < 2048) report(`the RSA key has ${bits} bits`, spec);
    }
    if (
      algorithm === "ECDSA" &&
      (manager ? (spec.at("size").number() ?? 256) < 256 : (spec.at("ecdsaCurve").text() ?? "P224") === "P224")
    ) {
      report("the elliptic key has fewer than 256 bits", spec);
    }
  },
});
