import { defineRule } from "../core/rule";
import { CONTAINER_KINDS, containersOf } from "../platforms/containers";

/** The registry of an image by Docker's rule: the first part if it looks like a host, else Docker Hub. A bare image id has none. */
export function registryOf(image: string): string {
  if (image.startsWith("sha256:")) return "local";
  const [first, ...rest] = image.split("@", 1)[0]!.split("/");
  return rest.length > 0 && (/[.:]/.test(first!) || first === "localhost") ? first! : "docker.io";
}

export const registryRule = defineRule({
  id: "images-registry",
  group: "images",
  title: "Images come from registries that are allowed.",
  severity: "medium",
  why: "An unknown registry is an unknown publisher; a plain IP address or odd port usually is a test set-up that stayed.",
  fix: "Copy the image to your registry, or add its registry to the parameter.",
  example: `{ "images-registry": { "allowed": ["registry.example.com"] } }`,
  frameworks: ["NSA", "CIS Kubernetes 5.5.1"],
  kinds: CONTAINER_KINDS,
  parameters: {
    allowed: {
      type: "array",
      items: { type: "string" },
      description: "Registry hosts; `*` stands for any part of a name. Narrow it to your own.",
      default: [
        "local",
        "localhost",
        "localhost:*",
        "docker.io",
        "ghcr.io",
        "quay.io",
        "gcr.io",
        "*.gcr.io",
        "*.pkg.dev",
        "registry.k8s.io",
        "mcr.microsoft.com",
        "public.ecr.aws",
        "*.amazonaws.com",
        "*.azurecr.io",
        "registry.gitlab.com",
        "registry.*",
      ],
    },
  },
  check({ view, report, each, parameter }) {
    const patterns = parameter<string[]>("allowed").map(
      (pattern) =>
        new RegExp(
          `^${pattern
            .split("*")
            .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
            .join(".*")}$`,
        ),
    );
    each(containersOf(view), ({ image, label }) => {
      const registry = registryOf(image.text() ?? "");
      if (!patterns.some((pattern) => pattern.test(registry))) report(`${label} comes from ${registry}, which is not allowed`, image);
    });
  },
});
