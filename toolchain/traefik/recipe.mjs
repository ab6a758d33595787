// How Traefik is built from source.
import { LEGO, TRAEFIK } from "./versions.mjs";

/** @import { Part } from "../pulumi/recipe.mjs" */

/**
 * The balancer without its web page, whose files are not in the published module: its API answers, its dashboard is empty. And
 * without DNS providers for ACME.
 *
 * @type {Part}
 */
export const TRAEFIK_PART = {
  name: "traefik",
  title: "Traefik",
  version: TRAEFIK,
  sources: ["traefik"],
  compilations: [
    {
      module: "traefik",
      target: "github.com/traefik/traefik/v3/cmd/traefik",
      binary: "traefik",
      tags: "",
      versionVariable: "github.com/traefik/traefik/v3/pkg/version.Version",
      version: TRAEFIK,
    },
  ],
  scripts: {},
  seconds: 240,
  patched: [
    {
      module: `github.com/go-acme/lego/v5@v${LEGO}`,
      sum: "h1:Jt6xAP9xQrJ3SLLGgxejfDDd3pzdrmuLCWe4oTqHHQc=",
      folder: "traefik/lego",
      files: { "providers/dns/zz_gen_dns_providers.go": "traefik/dns/providers.go" },
    },
  ],
};
