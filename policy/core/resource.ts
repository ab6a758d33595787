import { Reader } from "./reader";

/** A resource as a policy sees it: from a preview, from an exported state, or written in a unit test. */
export interface Resource {
  /** Pulumi type token, e.g. `docker:index/service:Service`. */
  type: string;
  /** Name in the program. */
  name: string;
  /** @default `urn:pulumi:stack::project::TYPE::NAME` */
  urn?: string;
  /** Inputs as the program gave them; outputs where a resource has no inputs of its own (a component). */
  props: Record<string, unknown>;
  /** Whether the resource is protected from deletion. @default false */
  protect?: boolean;
  /** Urn of the parent component. */
  parent?: string;
}

/** A resource with its kind worked out and its inputs behind a {@link Reader}. */
export interface View {
  /** Group and kind without version: `apps/Deployment`, `core/Service`, `docker/Service`; other tokens as they are. */
  kind: string;
  type: string;
  name: string;
  urn: string;
  props: Reader;
  protect: boolean;
  parent?: string;
}

/** Kinds that moved between API groups, under the group they live in now. */
const MOVED: Readonly<Record<string, string>> = {
  "extensions/Deployment": "apps/Deployment",
  "extensions/DaemonSet": "apps/DaemonSet",
  "extensions/ReplicaSet": "apps/ReplicaSet",
  "extensions/Ingress": "networking.k8s.io/Ingress",
  "extensions/NetworkPolicy": "networking.k8s.io/NetworkPolicy",
  "traefik.containo.us/IngressRoute": "traefik.io/IngressRoute",
  "traefik.containo.us/IngressRouteTCP": "traefik.io/IngressRouteTCP",
  "traefik.containo.us/Middleware": "traefik.io/Middleware",
  "traefik.containo.us/TLSOption": "traefik.io/TLSOption",
  "traefik.containo.us/ServersTransport": "traefik.io/ServersTransport",
};

const kinds = new Map<string, string>();

/**
 * The kind of a type token, free of API versions.
 * @example kindOf("kubernetes:apps/v1:Deployment") === "apps/Deployment"
 * @example kindOf("docker:index/service:Service") === "docker/Service"
 */
export function kindOf(type: string): string {
  let kind = kinds.get(type);
  if (kind === undefined) {
    const kubernetes = /^kubernetes:([^:]+):([^:]+)$/.exec(type);
    const other = /^(docker|tls|random):index\/\w+:(\w+)$/.exec(type);
    if (kubernetes) {
      const group = kubernetes[1]!.split("/").slice(0, -1).join("/") || "core";
      const found = `${group}/${kubernetes[2]}`;
      kind = MOVED[found] ?? found;
    } else kind = other ? `${other[1]}/${other[2]}` : type;
    kinds.set(type, kind);
  }
  return kind;
}

/** The urn a fixture or a unit test gets when it names none. */
export function urnOf(resource: Pick<Resource, "type" | "name" | "urn">): string {
  return resource.urn ?? `urn:pulumi:stack::project::${resource.type}::${resource.name}`;
}

/**
 * The views of a resource: itself, or each item of a Kubernetes list (`core/v1:List`, `apps/v1:DeploymentList`).
 * `*Patch` resources yield none: they hold only what they change, so that nothing can be said about what is missing.
 */
export function viewsOf(resource: Resource): View[] {
  const { props } = resource;
  const kind = kindOf(resource.type);
  const view = {
    kind,
    type: resource.type,
    name: resource.name,
    urn: urnOf(resource),
    protect: resource.protect ?? false,
    parent: resource.parent,
  };
  if (!resource.type.startsWith("kubernetes:")) return [{ ...view, props: new Reader(props, "") }];
  if (kind.endsWith("Patch")) return [];
  if (!kind.endsWith("List")) return [{ ...view, props: new Reader(props, "") }];
  const items = props["items"];
  if (!Array.isArray(items)) return [];
  return items.map((item: Record<string, unknown>, index) => {
    const type =
      typeof item?.["apiVersion"] === "string" && typeof item["kind"] === "string"
        ? `kubernetes:${item["apiVersion"].includes("/") ? item["apiVersion"] : `core/${item["apiVersion"]}`}:${item["kind"]}`
        : resource.type.replace(/List$/, "");
    return { ...view, kind: kindOf(type), type, props: new Reader(item, `items[${index}]`) };
  });
}
