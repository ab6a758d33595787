import { defineRule } from "../core/rule";
import { namespaceOf, selectsPlainly } from "../core/stack-index";
import { dataStoreOf, POD_KINDS } from "../platforms/containers";

export const databaseExposedRule = defineRule({
  id: "network-database-exposed",
  group: "network",
  title: "No data store is reachable from outside.",
  severity: "critical",
  why: "Databases on a public port are found by scanners within hours.",
  fix: "Remove the published port; on Kubernetes use a ClusterIP Service.",
  example: `spec: { type: "ClusterIP" }`,
  frameworks: ["NSA"],
  checkStack({ index, report, eachView }) {
    const views = (...kinds: string[]) => index.ofKind(...kinds).map((view) => ({ view }));
    eachView(views("docker/Service"), ({ view }) => {
      const ports = view.props
        .at("endpointSpec", "ports")
        .list()
        .filter((port) => port.at("publishedPort").written || port.at("publishMode").text() === "host");
      if (ports.length > 0 && dataStoreOf(view)) report(view, "the data store publishes a port", view.props.at("endpointSpec"));
    });
    eachView(views("docker/Container"), ({ view }) => {
      const open = view.props
        .at("ports")
        .list()
        .some((port) => !/^(?:127\.|::1$)/.test(port.at("ip").text() ?? ""));
      if (open && dataStoreOf(view)) report(view, "the data store publishes a port", view.props.at("ports"));
    });
    eachView(views("core/Service"), ({ view }) => {
      const type = view.props.at("spec", "type");
      if (!["NodePort", "LoadBalancer"].includes(type.text() ?? "ClusterIP")) return;
      const selector = view.props.at("spec", "selector");
      const selected = index
        .podsAround(view, POD_KINDS)
        .find(
          (pod) =>
            namespaceOf(pod.view) === namespaceOf(view) && selectsPlainly(selector, pod.metadata.at("labels")) && dataStoreOf(pod.view),
        );
      if (selected) report(view, `the service exposes the data store "${selected.view.name}" as ${type.text()}`, type);
    });
  },
});
