import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf, environmentOf } from "../platforms/containers";

/** Variables of well-known images that switch authentication off, with the values that do. */
const OPEN: readonly [RegExp, RegExp][] = [
  [/^POSTGRES_HOST_AUTH_METHOD$/, /^trust$/],
  [/^(?:ALLOW_EMPTY_PASSWORD|MYSQL_ALLOW_EMPTY_PASSWORD|MARIADB_ALLOW_EMPTY_ROOT_PASSWORD|ALLOW_ANONYMOUS_LOGIN)$/, /^(?:yes|true|1)$/i],
  [/^xpack\.security\.enabled$/, /^false$/],
  [/^DISABLE_SECURITY_PLUGIN$/, /^true$/],
];

export const openDatabaseRule = defineRule({
  id: "secrets-open-database",
  group: "secrets",
  title: "A data store asks for a password.",
  severity: "critical",
  why: "Whoever reaches the port otherwise owns the data; one intruded neighbour is enough.",
  fix: "Set a password by file and remove the variable that waives it.",
  example: `env: { POSTGRES_PASSWORD_FILE: "/run/secrets/password", POSTGRES_HOST_AUTH_METHOD: "scram-sha-256" }`,
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(containersOf(view), (container) => {
      each(environmentOf(container), ({ name, value }) => {
        if (OPEN.some(([pattern, open]) => pattern.test(name) && value.written && open.test(value.text() ?? "")))
          report(`${name}=${value.text()} waives the password`, value);
      });
    });
  },
});
