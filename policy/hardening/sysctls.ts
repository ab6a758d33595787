import { defineRule } from "../core/rule";
import { POD_KINDS, podOf } from "../platforms/containers";

/** Kernel settings that belong to the container's own namespaces, by the Pod Security Standards. */
const SAFE =
  /^(?:kernel\.shm_rmid_forced|net\.ipv4\.(?:ip_local_port_range|ip_unprivileged_port_start|tcp_syncookies|ping_group_range|ip_local_reserved_ports|tcp_keepalive_(?:time|intvl|probes)|tcp_fin_timeout|tcp_rmem|tcp_wmem)|net\.core\.somaxconn)$/;

export const sysctlsRule = defineRule({
  id: "hardening-sysctls",
  group: "hardening",
  title: "Only kernel settings that stay within the container are changed.",
  severity: "medium",
  why: "Other settings reach the whole node, or switch protection off.",
  fix: "Set it on the node, or remove it.",
  example: `sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "80" }]`,
  frameworks: ["PSS baseline"],
  kinds: [...POD_KINDS, "docker/Container", "docker/Service"],
  check({ view, props, report, each }) {
    const pod = podOf(view);
    const entries = pod
      ? pod.spec
          .at("securityContext", "sysctls")
          .list()
          .map((entry): [string, typeof entry] => [entry.at("name").text() ?? "", entry])
      : (view.kind === "docker/Service" ? props.at("taskSpec", "containerSpec", "sysctl") : props.at("sysctls")).entries();
    each(entries, ([name, at]) => {
      if (!SAFE.test(name)) report(`kernel setting ${name} is changed`, at);
    });
  },
});
