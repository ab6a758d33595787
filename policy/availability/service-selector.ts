import { some } from "../core/reader";
import { defineRule } from "../core/rule";
import { namespaceOf, selectsPlainly } from "../core/stack-index";
import { containersOf, POD_KINDS } from "../platforms/containers";

export const serviceSelectorRule = defineRule({
  id: "availability-service-selector",
  group: "availability",
  title: "A Service selects pods of the stack, on a port they have.",
  severity: "high",
  why: "A Service without endpoints refuses every connection, and looks well in every list.",
  fix: "Take the selector from the pod template's labels and the target port from the container's port names.",
  example: `spec: { selector: { app: "backend" }, ports: [{ port: 80, targetPort: "http" }] }`,
  checkStack({ index, report, eachView }) {
    if (index.ofKind(...POD_KINDS).length === 0) return;
    eachView(
      index.ofKind("core/Service").map((view) => ({ view })),
      ({ view }) => {
        const selector = view.props.at("spec", "selector");
        if (selector.entries().length === 0) return;
        const selected = index
          .podsAround(view, POD_KINDS)
          .filter((pod) => namespaceOf(pod.view) === namespaceOf(view) && selectsPlainly(selector, pod.metadata.at("labels")));
        if (selected.length === 0) return report(view, "the selector matches no pod of the stack", selector);
        for (const port of view.props.at("spec", "ports").list()) {
          const target = port.at("targetPort").exists ? port.at("targetPort") : port.at("port");
          const found = some(selected, (pod) =>
            some(containersOf(pod.view), ({ at }) =>
              some(at.at("ports").list(), (entry) => [entry.at("name").text(), entry.at("containerPort").text()].includes(target.text())),
            ),
          );
          if (!found) report(view, `no selected container has port ${target.text()}`, target);
        }
      },
    );
  },
});
