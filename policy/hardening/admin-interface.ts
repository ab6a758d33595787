import { defineRule } from "../core/rule";
import { commandLineOf, CONTAINER_KINDS, containersOf, environmentOf, labelOf, labelsOf } from "../platforms/containers";

/** Interfaces that show or change the system and bring no protection of their own. */
const ADMIN =
  /(?:^|[./`"'-])(?:traefik|prometheus|alertmanager|grafana|pgadmin|adminer|phpmyadmin|portainer|kibana|rabbitmq|dashboard|autoscaler|registry|jaeger|metrics|admin)(?=[./`"'-]|$)/i;
/** Words by which an authenticating middleware or annotation is named. */
const AUTH = /auth|oidc|sso|allow-?list|white-?list/i;
/** Command line options that open an admin interface without a password. */
const OPEN = /^--api\.insecure(?:=true)?$|^--web\.enable-admin-api$|^--anonymous-auth(?:=true)?$|^--protected-mode[= ]no$/;

export const adminInterfaceRule = defineRule({
  id: "hardening-admin-interface",
  group: "hardening",
  title: "An admin interface that is reachable from outside asks who is there.",
  severity: "high",
  why: "Dashboards list hosts, versions and queries, and many can change what they show.",
  fix: "Put basic auth, single sign-on or an address list before it, and switch anonymous access off.",
  example: `{ label: "traefik.http.routers.dashboard.middlewares", value: "admin-auth" }`,
  kinds: [...CONTAINER_KINDS, "networking.k8s.io/Ingress", "traefik.io/IngressRoute"],
  check({ view, props, report, each, scope }) {
    if (view.kind === "networking.k8s.io/Ingress") {
      const guarded = labelsOf(view).some(
        ([name, value]) => AUTH.test(name) || (/middlewares$/.test(name) && AUTH.test(value.text() ?? "")),
      );
      if (guarded) return;
      return each(props.at("spec", "rules").list(), (rule) => {
        const host = rule.at("host").text() ?? "";
        if (ADMIN.test(host)) report(`${host} is open to everybody`, rule.at("host"));
      });
    }
    if (view.kind === "traefik.io/IngressRoute") {
      return each(props.at("spec", "routes").list(), (route) => {
        const guarded = route
          .at("middlewares")
          .list()
          .some((middleware) => AUTH.test(middleware.at("name").text() ?? ""));
        const admin =
          ADMIN.test(route.at("match").text() ?? "") ||
          route
            .at("services")
            .list()
            .some((service) => service.at("name").text() === "api@internal");
        if (admin && !guarded) report(`route ${route.at("match").text()} is open to everybody`, route);
      });
    }
    if (view.kind.startsWith("docker/")) {
      each(labelsOf(view), ([name, value]) => {
        const router = /^traefik\.http\.routers\.([^.]+)\.(rule|service)$/.exec(name);
        const admin = router?.[2] === "service" ? value.text() === "api@internal" : router && ADMIN.test(value.text() ?? "");
        if (admin && !AUTH.test(labelOf(view, `traefik.http.routers.${router![1]}.middlewares`) ?? ""))
          report(`router ${router![1]} is open to everybody`, value);
      });
    }
    scope(() => {
      each(containersOf(view), (container) => {
        each(commandLineOf(container), (word) => {
          if (OPEN.test(word.text() ?? "")) report(`"${word.text()}" opens an admin interface`, word);
        });
        each(environmentOf(container), ({ name, value }) => {
          if (name === "GF_AUTH_ANONYMOUS_ENABLED" && value.flag() === true) report("Grafana lets anybody in", value);
          if (name === "TRAEFIK_API_INSECURE" && value.flag() === true) report("Traefik's dashboard is open", value);
        });
      });
    });
  },
});
