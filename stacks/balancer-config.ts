import type { Environment } from "./environment";

/** Images that only a stack with Traefik has. */
const TRAEFIK_IMAGES = ["traefik", "discovery"] as const;

function checkTraefik(project: string, environment: Environment): string[] {
  const { engine, images, platform, balancer, kubernetes } = environment;
  const problems: string[] = [];
  if (platform === "kubernetes" && kubernetes.apiServer === undefined) {
    problems.push(
      `${project}:kubernetes.apiServer: is missing, and Traefik's discovery asks it for replicas. Fix: pulumi config set --path '${project}:kubernetes.apiServer.cidrs[0]' ADDRESS/32, for each address that kubectl get endpointslices,services --namespace default prints for kubernetes.`,
    );
  }
  if (platform === "swarm" && engine.group === undefined) {
    problems.push(
      `${project}:engine.group: is missing, and Traefik's discovery needs it. Fix: write the number that stat -c %g ${engine.socket} prints on the node, or set ${project}:loadBalancer to nginx.`,
    );
  }
  for (const name of TRAEFIK_IMAGES.filter((each) => images[each] === undefined)) {
    problems.push(`${project}:images.${name}: is missing. Fix: set it in Pulumi.<stack>.yaml, or set ${project}:loadBalancer to nginx.`);
  }
  const header = balancer.trustedProxies?.header;
  if (header !== undefined && header.toLowerCase() !== "x-forwarded-for") {
    problems.push(
      `${project}:balancer.trustedProxies.header: Traefik takes the client's address from X-Forwarded-For alone, not from ${header}. Fix: have the proxy send that, and leave this out.`,
    );
  }
  return problems;
}

/** What is wrong with the choice of the balancer and what goes with it. */
export function checkBalancerConfig(project: string, environment: Environment): string[] {
  if (environment.loadBalancer === "traefik") return checkTraefik(project, environment);
  if (environment.dashboardAddresses.length === 0) return [];
  return [
    `${project}:dashboardAddresses: nginx has no dashboard; its status page goes by ${project}:monitoringAccess. Fix: remove it, or set ${project}:loadBalancer to traefik.`,
  ];
}
