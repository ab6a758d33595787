import { some } from "../core/reader";
import type { View } from "../core/resource";
import { defineRule } from "../core/rule";
import { namespaceOf } from "../core/stack-index";
import { commandLineOf, CONTAINER_KINDS, containersOf, dataStoreOf, environmentOf, labelOf } from "../platforms/containers";

/** Label or annotation on a backup: the name of what it saves. */
const BACKS_UP = "policy.testbro.ai/backs-up";
/** Label or annotation on a database that something outside the stack saves: what it is. */
const BACKED_UP_BY = "policy.testbro.ai/backed-up-by";
/** Programs that copy data stores. */
const TOOLS =
  /\b(?:pg_dump(?:all)?|pg_basebackup|wal-g|wal-e|barman|pgbackrest|mysqldump|mariadb-dump|xtrabackup|mariabackup|mongodump|restic|borg|velero)\b/;

function saves(candidate: View, database: View): boolean {
  const named = labelOf(candidate, BACKS_UP);
  if (named !== undefined) return named === database.name;
  return some(containersOf(candidate), (container) => {
    const words = commandLineOf(container)
      .map((word) => word.text() ?? "")
      .join(" ");
    if (!TOOLS.test(words)) return false;
    const host = new RegExp(`(?:^|[^\\w-])${database.name.replace(/[^\w-]/g, "\\$&")}(?:$|[^\\w-])`);
    return host.test(words) || environmentOf(container).some(({ value }) => value.known && host.test(value.text() ?? ""));
  });
}

export const databaseBackupRule = defineRule({
  id: "backup-database",
  group: "backup",
  title: "Every database has a backup in the same stack, or says what saves it.",
  severity: "high",
  why: "Replication copies a mistaken DELETE within milliseconds; only a backup gets yesterday back.",
  fix: "Add a job or service that dumps the database, and label it policy.testbro.ai/backs-up with the database's name; if something outside saves it, label the database policy.testbro.ai/backed-up-by.",
  example: `labels: [{ label: "policy.testbro.ai/backs-up", value: "database" }]`,
  checkStack({ index, report, eachView }) {
    const lasting = index.ofKind(...CONTAINER_KINDS).filter((view) => !view.kind.startsWith("batch/"));
    eachView(
      lasting.map((view) => ({ view })),
      ({ view }) => {
        if (dataStoreOf(view) !== "database") return;
        const outside = labelOf(view, BACKED_UP_BY);
        if (
          outside !== undefined &&
          (outside.includes(".") || outside.includes("/") || index.views.some((other) => other.name === outside && other !== view))
        )
          return;
        const saved = some(
          index.ofKind(...CONTAINER_KINDS).filter((other) => other !== view),
          (other) => saves(other, view),
        );
        if (!saved)
          report(
            view,
            outside === undefined ? "nothing saves the database" : `"${outside}", which is said to save the database, is not in the stack`,
          );
      },
    );
    const scheduled = index.ofKind("postgresql.cnpg.io/ScheduledBackup");
    eachView(
      index.ofKind("postgresql.cnpg.io/Cluster").map((view) => ({ view })),
      ({ view }) => {
        const name = view.props.at("metadata", "name").text() ?? view.name;
        if (!view.props.at("spec", "backup").exists && !view.props.at("spec", "plugins").exists)
          report(view, "the cluster has no backup section", view.props.at("spec"));
        else if (
          !some(
            scheduled,
            (backup) => namespaceOf(backup) === namespaceOf(view) && backup.props.at("spec", "cluster", "name").text() === name,
          )
        )
          report(view, "no ScheduledBackup names the cluster");
      },
    );
  },
});
