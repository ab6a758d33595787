export { NginxLoadBalancer } from "./balancer";
export type {
  BalancerAccess,
  BalancerProxyRoute,
  BalancerRoute,
  BalancerTls,
  GivenCertificate,
  NginxLoadBalancerOptions,
  PublishedPorts,
  RouteTarget,
  WorkloadTarget,
} from "./options";
export * from "./render";
