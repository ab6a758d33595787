export { TraefikLoadBalancer } from "./balancer";
export type { Discovered } from "./discovered";
export type {
  TraefikBalancerAccess,
  TraefikBalancerRoute,
  TraefikBalancerTls,
  TraefikDashboard,
  TraefikLoadBalancerOptions,
  TraefikRouteTarget,
} from "./options";
export * from "./render";
