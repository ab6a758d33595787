import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Children } from "../children";
import {
  API_VERSIONS,
  AUTHORITY_KEY,
  backendTlsSpec,
  certificateSpec,
  gatewaySpec,
  ingressSpec,
  redirectRouteSpec,
  routeSpec,
  type EntranceTarget,
} from "./objects";
import type { EntranceSettings } from "./settings";

/** What an entrance is made of. */
export interface KubernetesEntranceArgs {
  settings: EntranceSettings;
  target: EntranceTarget;
  /** Of the workload: their metadata and the user's transforms. */
  children: Children;
}

/**
 * Ingress or Gateway objects that lead from what the cluster has in front of its apps to a workload's published port, with a certificate
 * by cert-manager where asked for. Kinds that the cluster does not have are refused by the provider with their names.
 */
export class KubernetesEntrance extends pulumi.ComponentResource {
  readonly certificate: kubernetes.apiextensions.CustomResource | undefined;
  /** The ConfigMap with the certificate that a Gateway trusts. */
  readonly authority: kubernetes.core.v1.ConfigMap | undefined;
  readonly ingress: kubernetes.networking.v1.Ingress | undefined;
  readonly gateway: kubernetes.apiextensions.CustomResource | undefined;
  /** Routes of the Gateway: HTTP's redirect, then the one to the workload. */
  readonly routes: readonly kubernetes.apiextensions.CustomResource[];
  readonly backendTls: kubernetes.apiextensions.CustomResource | undefined;

  readonly #args: KubernetesEntranceArgs;
  readonly #name: string;

  constructor(name: string, args: KubernetesEntranceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("testbro:kubernetes:Entrance", name, {}, opts);
    this.#name = name;
    this.#args = args;
    const { settings, target } = args;
    const wanted = certificateSpec(name, settings);
    this.certificate = wanted && this.#custom("certificate", API_VERSIONS.certificate, "Certificate", name, wanted);
    this.routes = [];
    if (settings.kind === "Ingress") this.ingress = this.#createIngress();
    else {
      this.authority = this.#createAuthority(settings.authority ?? "");
      this.gateway = this.#custom("gateway", API_VERSIONS.gateway, "Gateway", name, gatewaySpec(name, settings), settings.annotations);
      this.backendTls = this.#custom(
        "backendTlsPolicy",
        API_VERSIONS.gateway,
        "BackendTLSPolicy",
        name,
        backendTlsSpec(name, settings, target),
      );
      this.routes = [
        this.#custom("httpRoute", API_VERSIONS.gateway, "HTTPRoute", `${name}-redirect`, redirectRouteSpec(name, settings)),
        this.#custom("httpRoute", API_VERSIONS.gateway, "HTTPRoute", name, routeSpec(name, settings, target)),
      ];
    }
    this.registerOutputs();
  }

  #createIngress(): kubernetes.networking.v1.Ingress {
    const { settings, target, children } = this.#args;
    const metadata = children.metadata(this.#name, settings.annotations);
    const args = children.transform("ingress", this.#name, { metadata, spec: ingressSpec(this.#name, settings, target) });
    return new kubernetes.networking.v1.Ingress(this.#name, args, { parent: this });
  }

  #createAuthority(pem: pulumi.Input<string>): kubernetes.core.v1.ConfigMap {
    const { children } = this.#args;
    const name = `${this.#name}-authority`;
    const args = children.transform("configMap", name, { metadata: children.metadata(name), data: { [AUTHORITY_KEY]: pem } });
    return new kubernetes.core.v1.ConfigMap(name, args, { parent: this });
  }

  /** An object of a kind that a CustomResourceDefinition brings. */
  #custom(
    transform: "certificate" | "gateway" | "httpRoute" | "backendTlsPolicy",
    apiVersion: string,
    kind: string,
    name: string,
    spec: object,
    annotations?: Record<string, string>,
  ): kubernetes.apiextensions.CustomResource {
    const { children } = this.#args;
    const args = children.transform(transform, name, { apiVersion, kind, metadata: children.metadata(name, annotations), spec });
    // Objects of different kinds share their name in the cluster; resources of a program must not.
    return new kubernetes.apiextensions.CustomResource(`${name}-${kind.toLowerCase()}`, args, { parent: this });
  }
}
