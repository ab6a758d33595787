import assert from "node:assert/strict";
import { assertRefused } from "../swarm/context";
import { timed, type Context } from "./context";
import { define } from "./definitions";
import type { Configuration } from "./stack";

interface Ingress {
  spec: { ingressClassName: string; rules: { host: string; http: { paths: { backend: { service: { name: string } } }[] } }[] };
}
interface Gateway {
  spec: { listeners: { name: string; protocol: string; hostname: string }[] };
}
interface Route {
  spec: { rules: { backendRefs?: { name: string; port: number }[] }[] };
}
interface Certificate {
  spec: { dnsNames: string[]; issuerRef: { kind: string; name: string }; secretName: string };
}

const HOST = "testbro.test";
const GATEWAY: Configuration = { kubernetes: { entrance: { kind: "Gateway", className: "none-here", issuer: { name: "letsencrypt" } } } };

/**
 * Ingress and Gateway objects, as a real API server takes them. This cluster has neither controller nor cert-manager: that requests
 * flow through them is not shown here.
 */
export function entrance(context: Context): void {
  describe("has an entrance where asked for one", () => {
    after("it is as before", () => context.up());

    it("says which kinds are missing while the cluster does not know them, and how to mend it", async () => {
      assertRefused(
        await context.stack.tryUp(GATEWAY),
        /gateway\.networking\.k8s\.io\/v1|cert-manager\.io\/v1/,
        /CustomResourceDefinition is missing; install what brings it|no matches for kind/,
      );
    });

    it("a Gateway with its routes, verified TLS to the balancer, and a certificate by cert-manager", async () => {
      await define(context.kubectl, "gatewayApi");
      await define(context.kubectl, "certManager");
      await timed("up with a Gateway", async () => {
        const { code, output } = await context.stack.tryUp(GATEWAY);
        assert.equal(code, 0, output);
      });
      const { kubectl } = context;
      const { spec: certificate } = await kubectl.get<Certificate>("certificates.cert-manager.io", "testbro-nginx-entrance");
      assert.deepEqual(
        [certificate.dnsNames, certificate.issuerRef.kind, certificate.secretName],
        [[HOST], "ClusterIssuer", "testbro-nginx-entrance-tls"],
      );
      const { spec: gateway } = await kubectl.get<Gateway>("gateway", "testbro-nginx-entrance");
      assert.deepEqual(
        gateway.listeners.map(({ protocol, hostname }) => `${protocol} ${hostname}`),
        [`HTTP ${HOST}`, `HTTPS ${HOST}`],
      );
      const { spec: route } = await kubectl.get<Route>("httproute", "testbro-nginx-entrance");
      const [target] = route.rules[0]?.backendRefs ?? [];
      const service = await kubectl.get<{ spec: { ports: { name: string; port: number }[] } }>("service", target?.name ?? "");
      assert.equal(service.spec.ports.find(({ name }) => name === "https")?.port, target?.port);
      await kubectl.must("get", "httproute", "testbro-nginx-entrance-redirect");
      const policy = await kubectl.get<{ spec: { validation: { hostname: string } } }>("backendtlspolicy", "testbro-nginx-entrance");
      assert.equal(policy.spec.validation.hostname, HOST);
      const authority = await kubectl.get<{ data: Record<string, string> }>("configmap", "testbro-nginx-entrance-authority");
      assert.match(authority.data["ca.crt"] ?? "", /^-----BEGIN CERTIFICATE-----/);
    });

    it("an Ingress instead, and the Gateway is gone", async () => {
      // No controller will ever give this Ingress an address, so it is not waited for.
      const annotations = { "pulumi.com/skipAwait": "true" };
      const { code, output } = await context.stack.tryUp({
        kubernetes: { entrance: { kind: "Ingress", className: "none-here", secretName: "public-tls", annotations } },
      });
      assert.equal(code, 0, output);
      const { spec } = await context.kubectl.get<Ingress>("ingress", "testbro-nginx-entrance");
      assert.deepEqual(
        spec.rules.map(({ host, http }) => [host, http.paths[0]?.backend.service.name]),
        [[HOST, "testbro-nginx-public"]],
      );
      for (const kind of ["gateway", "httproute", "certificates.cert-manager.io"]) {
        assert.match((await context.kubectl.attempt("get", kind, "testbro-nginx-entrance")).output, /NotFound/);
      }
    });
  });
}
