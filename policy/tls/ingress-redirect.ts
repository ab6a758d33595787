import { defineRule } from "../core/rule";
import { labelOf } from "../platforms/containers";

const NGINX = "nginx.ingress.kubernetes.io";

export const ingressRedirectRule = defineRule({
  id: "tls-ingress-redirect",
  group: "tls",
  title: "An Ingress sends plain HTTP to HTTPS.",
  severity: "high",
  why: "Otherwise a visitor who types the name, or a stale link, sends cookies in the clear.",
  fix: "Leave ssl-redirect on; for other controllers set their redirect.",
  example: `annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "true" }`,
  kinds: ["networking.k8s.io/Ingress"],
  check({ view, props, report }) {
    const annotations = props.at("metadata", "annotations");
    for (const name of [
      `${NGINX}/ssl-redirect`,
      `${NGINX}/force-ssl-redirect`,
      "haproxy.org/ssl-redirect",
      "ingress.kubernetes.io/ssl-redirect",
    ]) {
      if (labelOf(view, name) === "false") report(`${name} is switched off`, annotations.at(name));
    }
    const entryPoints = labelOf(view, "traefik.ingress.kubernetes.io/router.entrypoints");
    const middlewares = labelOf(view, "traefik.ingress.kubernetes.io/router.middlewares") ?? "";
    if (entryPoints?.split(",").some((name) => name.trim() === "web") && !/redirect/i.test(middlewares)) {
      report("the plain entry point web is served without a redirect middleware", annotations);
    }
    if (labelOf(view, "kubernetes.io/ingress.allow-http") === "true" && props.at("spec", "ingressClassName").text() === "gce") {
      report("kubernetes.io/ingress.allow-http is switched on", annotations);
    }
  },
});
