import { some } from "../core/reader";
import { defineRule } from "../core/rule";
import { nameOf, namespaceOf } from "../core/stack-index";

export const ingressBackendRule = defineRule({
  id: "availability-ingress-backend",
  group: "availability",
  title: "An Ingress sends requests to a Service and port of the stack.",
  severity: "high",
  why: "A wrong name or port answers 503 to everybody, and nothing but the controller's log says why.",
  fix: "Take the name and port from the Service.",
  example: `backend: { service: { name: service.metadata.name, port: { name: "http" } } }`,
  checkStack({ index, report, eachView, each }) {
    if (index.ofKind("core/Service").length === 0) return;
    eachView(
      index.ofKind("networking.k8s.io/Ingress").map((view) => ({ view })),
      ({ view }) => {
        const paths = view.props
          .at("spec", "rules")
          .list()
          .flatMap((rule) => rule.at("http", "paths").list());
        each(paths, (path) => {
          const backend = path.at("backend", "service");
          if (!backend.exists) return;
          const own = index.around(view, "core/Service").filter((service) => namespaceOf(service) === namespaceOf(view));
          const found = some(own, (service) => {
            if (nameOf(service) !== backend.at("name").text()) return false;
            const port = backend.at("port");
            return some(service.props.at("spec", "ports").list(), (entry) =>
              port.at("name").exists
                ? entry.at("name").text() === port.at("name").text()
                : entry.at("port").number() === port.at("number").number(),
            );
          });
          if (!found) report(view, `no service of the stack is "${backend.at("name").text()}" with that port`, backend);
        });
      },
    );
  },
});
