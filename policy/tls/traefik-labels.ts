import { defineRule } from "../core/rule";
import { labelsOf } from "../platforms/containers";

const ROUTER = /^traefik\.(http|tcp)\.routers\.([^.]+)\.(.+)$/;

export const traefikLabelsRule = defineRule({
  id: "tls-traefik-labels",
  group: "tls",
  title: "A Traefik router set by Docker labels serves over TLS, or only redirects.",
  severity: "high",
  why: "A router without tls answers in the clear on every entry point that does not bring TLS itself.",
  fix: "Set the router's tls label and its TLS entry point; redirect the plain entry point in Traefik's static configuration.",
  example: `{ label: "traefik.http.routers.shop.entrypoints", value: "websecure" }, { label: "traefik.http.routers.shop.tls", value: "true" }`,
  kinds: ["docker/Service", "docker/Container"],
  check({ view, report, each }) {
    const labels = labelsOf(view);
    const enabled = labels.find(([name]) => name === "traefik.enable")?.[1];
    if (enabled && enabled.flag() === false) return;
    const routers = new Set(
      labels
        .map(([name]) => ROUTER.exec(name))
        .filter((match) => match !== null)
        .map((match) => `${match[1]}.routers.${match[2]}`),
    );
    each(routers, (router) => {
      const value = (option: string) => labels.find(([name]) => name === `traefik.${router}.${option}`)?.[1].text();
      const tls = value("tls") === "true" || labels.some(([name]) => name.startsWith(`traefik.${router}.tls.`));
      if (!tls && !/redirect/i.test(value("middlewares") ?? "")) report(`router ${router} has no TLS`, view.props.at("labels"));
      if (tls && (value("entrypoints") ?? "").split(",").includes("web"))
        report(`router ${router} with TLS names the plain entry point web`, view.props.at("labels"));
    });
  },
});
