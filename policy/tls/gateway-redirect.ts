import { some } from "../core/reader";
import { defineRule } from "../core/rule";
import { nameOf } from "../core/stack-index";

export const gatewayRedirectRule = defineRule({
  id: "tls-gateway-redirect",
  group: "tls",
  title: "A plain HTTP listener of a Gateway only redirects.",
  severity: "high",
  why: "A route attached to the plain listener serves the site, cookies included, in the clear.",
  fix: "Attach one HTTPRoute with a RequestRedirect filter to the HTTP listener, and name the HTTPS listener as sectionName in all others.",
  example: `rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }]`,
  checkStack({ index, report, eachView }) {
    const gateways = index.ofKind("gateway.networking.k8s.io/Gateway");
    const plain = (name: string, section: string | undefined, port: number | undefined) =>
      some(
        gateways.filter((gateway) => nameOf(gateway) === name),
        (gateway) =>
          some(
            gateway.props.at("spec", "listeners").list(),
            (listener) =>
              listener.at("protocol").text() === "HTTP" &&
              (section === undefined || listener.at("name").text() === section) &&
              (port === undefined || listener.at("port").number() === port),
          ),
      );
    eachView(
      index.ofKind("gateway.networking.k8s.io/HTTPRoute").map((view) => ({ view })),
      ({ view }) => {
        const spec = view.props.at("spec");
        const attached = some(spec.at("parentRefs").list(), (parent) =>
          plain(parent.at("name").text() ?? "", parent.at("sectionName").text(), parent.at("port").number()),
        );
        if (!attached) return;
        const redirects = (filter: { at(...keys: string[]): { text(): string | undefined } }) =>
          filter.at("type").text() === "RequestRedirect" && filter.at("requestRedirect", "scheme").text() === "https";
        const serves = some(spec.at("rules").list(), (rule) => !some(rule.at("filters").list(), redirects));
        if (serves || spec.at("rules").list().length === 0)
          report(view, "the route serves over a plain HTTP listener", spec.at("parentRefs"));
      },
    );
  },
});
