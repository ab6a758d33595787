import * as pulumi from "@pulumi/pulumi";
import type { OwnCertificateAuthority } from "../certificates";
import type { Platform, Running } from "../platform";
import { describeProblems, metricsTarget, type MetricsTarget, type Problem, type Ref, type Secret, type Workload } from "../workload";
import { passwordOf } from "./password";

/** Where a server finds its secrets and the authority's certificate; absolute paths in its container. */
export interface StorePaths {
  password: string;
  monitoringPassword: string;
  certificate: string;
  key: string;
  ca: string;
}

/** A store and, where asked for, its exporter, both described but not yet run. */
export interface StoreDescription {
  /** Pulumi name of the component. */
  name: string;
  platform: Platform;
  ca: OwnCertificateAuthority;
  ref: Ref;
  workload: Workload;
  paths: StorePaths;
  passwords: { app?: pulumi.Input<string>; monitoring?: pulumi.Input<string> } | undefined;
  exporter: { ref: Ref; workload: Workload; paths: { password: string; ca: string } } | undefined;
  /** What is wrong with the component's own options. */
  problems: Problem[];
}

/** A store that runs. */
export interface RunningStore {
  password: pulumi.Output<string>;
  passwordSecret: Secret;
  caPem: pulumi.Output<string>;
  server: Running;
  exporter: Running | undefined;
  targets: MetricsTarget[];
}

/**
 * Runs a store with its passwords, its certificate and its exporter, all children of `parent`.
 * @throws pulumi.ResourceError with every problem at once, before anything is created
 */
export function runStore(parent: pulumi.ComponentResource, store: StoreDescription): RunningStore {
  const { name, platform, ref, paths, exporter } = store;
  const problems = [
    ...store.problems,
    ...platform.problems(ref, store.workload),
    ...(exporter ? platform.problems(exporter.ref, exporter.workload) : []),
  ];
  if (problems.length > 0) throw new pulumi.ResourceError(describeProblems(problems), parent);

  const secret = (suffix: string, data: pulumi.Input<string>): Secret => platform.secret(`${ref.name}-${suffix}`, data, { parent });
  const certificate = store.ca.issue(`${name}-server`, { dnsNames: [ref.host], uses: ["server"] }, { parent });
  const caPem = certificate.authorityPem;
  const password = passwordOf(`${name}-password`, store.passwords?.app, parent);
  const passwordSecret = secret("password", password);
  const monitoring = passwordOf(`${name}-monitoring-password`, store.passwords?.monitoring, parent);
  const monitoringSecret = secret("monitoring-password", monitoring);

  const secrets = {
    [paths.password]: passwordSecret,
    [paths.monitoringPassword]: monitoringSecret,
    [paths.certificate]: secret("certificate", certificate.certificatePem),
    [paths.key]: secret("key", certificate.privateKeyPem),
  };
  const server = platform.run(ref, attach(store.workload, secrets, { [paths.ca]: { content: caPem } }), { parent });
  if (!exporter) return { password, passwordSecret, caPem, server, exporter: undefined, targets: [] };

  const read = attach(exporter.workload, { [exporter.paths.password]: monitoringSecret }, { [exporter.paths.ca]: { content: caPem } });
  const target = metricsTarget("data", exporter.ref, exporter.workload);
  return {
    password,
    passwordSecret,
    caPem,
    server,
    exporter: platform.run(exporter.ref, read, { parent }),
    targets: target ? [target] : [],
  };
}

/** The workload with secrets and files added under whatever the user gave for the same paths. */
function attach(workload: Workload, secrets: Record<string, Secret>, files: NonNullable<Workload["files"]>): Workload {
  return { ...workload, secrets: { ...secrets, ...workload.secrets }, files: { ...files, ...workload.files } };
}
