export { checkAcme, LETS_ENCRYPT, type AcmeOptions, type AcmeSurroundings, type DnsChallenge, type KeyType } from "../acme";
export { NginxLoadBalancer } from "./balancer";
export type {
  BalancerAccess,
  BalancerFiles,
  BalancerFilesRoute,
  BalancerProcesses,
  BalancerProxyRoute,
  BalancerRoute,
  BalancerTls,
  GivenCertificate,
  NginxLoadBalancerOptions,
  PublishedPorts,
  RouteTarget,
  WorkloadTarget,
} from "./options";
export { randomPasswordHash } from "../password-hash";
export * from "./render";
