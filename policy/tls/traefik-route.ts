import { defineRule } from "../core/rule";

export const traefikRouteRule = defineRule({
  id: "tls-traefik-route",
  group: "tls",
  title: "A Traefik IngressRoute serves over TLS, or only redirects.",
  severity: "high",
  why: "Without a tls section Traefik serves the route in the clear, on whatever entry point it names.",
  fix: "Add tls with a certificate secret or resolver, and use the TLS entry point.",
  example: `entryPoints: ["websecure"], tls: { secretName: "shop-tls" }`,
  kinds: ["traefik.io/IngressRoute", "traefik.io/IngressRouteTCP"],
  check({ props, report }) {
    const spec = props.at("spec");
    if (spec.at("tls").exists) {
      if (spec.at("entryPoints").texts().includes("web"))
        report("the route also answers on the plain entry point web", spec.at("entryPoints"));
      return;
    }
    const redirects = spec
      .at("routes")
      .list()
      .every((route) =>
        route
          .at("middlewares")
          .list()
          .some((middleware) => /redirect/i.test(middleware.at("name").text() ?? "")),
      );
    if (!redirects || spec.at("routes").list().length === 0) report("the route has no TLS", spec);
  },
});
