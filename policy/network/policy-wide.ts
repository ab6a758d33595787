import { defineRule } from "../core/rule";

export const policyWideRule = defineRule({
  id: "network-policy-wide",
  group: "network",
  title: "A NetworkPolicy allows somebody, not everybody.",
  severity: "medium",
  why: "A rule without peers, or for 0.0.0.0/0, allows all: the policy looks like protection and is none.",
  fix: "Name the pods or address ranges; give the few pods that must reach the internet a policy with ports and the private ranges excepted.",
  example: `egress: [{ to: [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }], ports: [{ port: 443 }] }]`,
  frameworks: ["NSA"],
  kinds: ["networking.k8s.io/NetworkPolicy"],
  parameters: {
    balancers: {
      type: "string",
      description: "Regular expression for the name of a policy that may let everybody in.",
      default: "(?:^|[-_])(?:nginx|traefik|ingress|balancer|load-?balancer|lb|edge|gateway|proxy)(?:$|[-_])",
    },
  },
  check({ view, props, report, each, parameter }) {
    const balancer = new RegExp(parameter<string>("balancers"), "i").test(view.name);
    for (const [direction, peers] of [
      ["ingress", "from"],
      ["egress", "to"],
    ] as const) {
      if (balancer && direction === "ingress") continue;
      each(props.at("spec", direction).list(), (rule) => {
        const ports = rule.at("ports").list();
        // DNS may be asked anywhere: its servers' labels differ from cluster to cluster.
        if (ports.length > 0 && ports.every((port) => port.at("port").number() === 53)) return;
        const list = rule.at(peers).list();
        if (list.length === 0) return report(`a rule of ${direction} allows everybody`, rule);
        each(list, (peer) => {
          const block = peer.at("ipBlock");
          if (["0.0.0.0/0", "::/0"].includes(block.at("cidr").text() ?? "") && block.at("except").list().length === 0)
            report(`a rule of ${direction} allows every address`, block);
        });
      });
    }
  },
});
