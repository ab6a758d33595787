import { defineRule } from "../core/rule";
import { labelOf } from "../platforms/containers";

export const volumeProtectedRule = defineRule({
  id: "backup-volume-protected",
  group: "backup",
  title: "A volume with data is protected from deletion.",
  severity: "high",
  why: "Renaming a resource or destroying the wrong stack otherwise deletes the data without a question.",
  fix: "Set the resource option protect; or retainOnDelete together with the label policy.testbro.ai/retained, because Pulumi does not show that option to policies. On Kubernetes keep claims and released volumes.",
  example: `new docker.Volume("database-data", {}, { protect: true })`,
  kinds: ["docker/Volume", "core/PersistentVolumeClaim", "apps/StatefulSet", "storage.k8s.io/StorageClass", "core/PersistentVolume"],
  parameters: {
    names: {
      type: "string",
      description: "Regular expression for names of volumes that hold data.",
      default: "(?:^|[-_])(?:data|database|db|postgres|mysql|mongo|redis|backups?|uploads|storage)(?:$|[-_])",
    },
  },
  check({ view, props, report, parameter, scope }) {
    if (view.kind === "apps/StatefulSet") {
      const retention = props.at("spec", "persistentVolumeClaimRetentionPolicy");
      for (const when of ["whenDeleted", "whenScaled"])
        scope(() => {
          if (retention.at(when).text() === "Delete")
            report(`claims are deleted ${when === "whenDeleted" ? "with the set" : "when it is scaled down"}`, retention.at(when));
        });
      return;
    }
    if (view.kind === "storage.k8s.io/StorageClass" || view.kind === "core/PersistentVolume") {
      const policy = view.kind === "core/PersistentVolume" ? props.at("spec", "persistentVolumeReclaimPolicy") : props.at("reclaimPolicy");
      if ((policy.text() ?? "Delete") === "Delete") report("volumes are deleted with their claim", policy);
      return;
    }
    if (
      new RegExp(parameter<string>("names"), "i").test(view.name) &&
      !view.protect &&
      labelOf(view, "policy.testbro.ai/retained") !== "true"
    )
      report("the volume is not protected");
    if (view.kind === "docker/Volume" && props.at("driverOpts", "type").text() === "tmpfs")
      report("the volume is kept in memory", props.at("driverOpts"));
  },
});
