import { defineRule } from "../core/rule";
import { CONTAINER_KINDS } from "../platforms/containers";
import { hostMountsOf } from "../platforms/host-paths";

/** The socket of a container runtime, or a folder that holds it. */
const SOCKET =
  /(?:^|\/)(?:docker|containerd|crio|podman|cri-dockerd)\.sock$|^\/(?:var\/)?run\/?$|^\/(?:var\/run|run)\/(?:docker|containerd|crio|podman)\/?$|^\/$/;

export const runtimeSocketRule = defineRule({
  id: "hardening-runtime-socket",
  group: "hardening",
  title: "No container gets the container runtime's socket.",
  severity: "critical",
  why: "Who can ask the runtime for a container is root on the host, read-only mount or not: the socket's protocol does not know it.",
  fix: "Put a filtering proxy that lets only the needed requests through in front of the socket, and give the service that.",
  example: `env: { DOCKER_HOST: "tcp://docker-proxy:2375" }`,
  frameworks: ["CIS Docker 5.32"],
  kinds: CONTAINER_KINDS,
  check({ view, report, each }) {
    each(hostMountsOf(view), ({ source, at }) => {
      if (SOCKET.test(source())) report(`${source()} is mounted`, at);
    });
  },
});
