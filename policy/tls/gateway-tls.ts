import { defineRule } from "../core/rule";

export const gatewayTlsRule = defineRule({
  id: "tls-gateway",
  group: "tls",
  title: "A Gateway's HTTPS and TLS listeners have a certificate or pass through, and no listener takes plain TCP for HTTP services.",
  severity: "high",
  why: "A listener without certificate answers no one, or with the controller's self-signed one.",
  fix: "Name the certificate secret in the listener, or set the mode to Passthrough.",
  example: `listeners: [{ name: "https", protocol: "HTTPS", port: 443, tls: { certificateRefs: [{ name: "shop-tls" }] } }]`,
  kinds: ["gateway.networking.k8s.io/Gateway"],
  check({ props, report, each }) {
    const listeners = props.at("spec", "listeners").list();
    each(listeners, (listener) => {
      const protocol = listener.at("protocol").text();
      if (protocol !== "HTTPS" && protocol !== "TLS") return;
      if (listener.at("tls", "mode").text() === "Passthrough") return;
      if (listener.at("tls", "certificateRefs").list().length === 0)
        report(`listener "${listener.at("name").text()}" has no certificate`, listener);
    });
    if (listeners.every((listener) => listener.at("protocol").text() === "HTTP"))
      report("the gateway has plain HTTP listeners only", props.at("spec", "listeners"));
  },
});
