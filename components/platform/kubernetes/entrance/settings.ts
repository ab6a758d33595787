import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../../../workload";

/** Where an entrance gets the certificate it shows to clients. */
export type EntranceCertificate =
  /** A Secret of type `kubernetes.io/tls` that is in the namespace already. */
  | { secretName: string }
  /** Issued and renewed by cert-manager (1.0 or later), which has to be in the cluster. `kind`: default ClusterIssuer. */
  | { issuer: { name: string; kind?: "ClusterIssuer" | "Issuer" } };

/**
 * What the cluster already has in front of its apps, and what leads from there to a workload that publishes a port named
 * {@link ENTRANCE_PORT}: TLS ends there with a public certificate, and begins again on the way to the workload.
 */
export interface EntranceSettings {
  /**
   * `Ingress`: an Ingress (networking.k8s.io/v1); that its controller speaks TLS to the workload is said by annotations, which differ from
   * controller to controller. `Gateway`: Gateway, HTTPRoutes and BackendTLSPolicy of the Gateway API 1.4 or later.
   */
  kind: "Ingress" | "Gateway";
  /** IngressClass or GatewayClass. @example "nginx" */
  className: string;
  /** Host names it answers. */
  hosts: string[];
  certificate: EntranceCertificate;
  /** Annotations of the Ingress or the Gateway. @default {} @example { "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS" } */
  annotations?: Record<string, string>;
  /** Certificate of the authority that signed the workload's own, PEM; a Gateway trusts nobody else. Required with `Gateway`. */
  authority?: pulumi.Input<string>;
}

/** Name of the published port an entrance leads to. */
export const ENTRANCE_PORT = "https";

const DNS_NAME = /^(\*\.)?[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const OBJECT_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;

/** Everything wrong with an entrance. @param path of the settings, e.g. `testbro.publish.entrance` */
export function checkEntrance(path: string, entrance: EntranceSettings): Problem[] {
  const problems: Problem[] = [];
  const report = (key: string, message: string, fix: string) => problems.push({ path: `${path}.${key}`, message, fix });
  if (!OBJECT_NAME.test(entrance.className)) {
    report("className", `"${entrance.className}" is not the name of a class`, "write one that kubectl get ingressclass,gatewayclass lists");
  }
  if (entrance.hosts.length === 0) report("hosts", "is empty, so nobody could come in", "name the host clients ask for");
  for (const host of entrance.hosts) {
    if (isIP(host) !== 0) report("hosts", `"${host}" is an address, and these objects know names only`, "give a host name");
    else if (!DNS_NAME.test(host)) report("hosts", `"${host}" is not a host name`, "write lower-case letters, digits, hyphens and dots");
  }
  const name = "issuer" in entrance.certificate ? entrance.certificate.issuer.name : entrance.certificate.secretName;
  if (!OBJECT_NAME.test(name)) {
    const key = "issuer" in entrance.certificate ? "certificate.issuer.name" : "certificate.secretName";
    report(key, `"${name}" is not the name of an object`, "write lower-case letters, digits, hyphens and dots");
  }
  if (entrance.kind === "Gateway" && entrance.authority === undefined) {
    report(
      "authority",
      "is missing, and a Gateway shows its requests only to whom it can verify",
      "give the certificate of the workload's authority",
    );
  }
  return problems;
}
