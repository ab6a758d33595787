import { directive, type Argument, type Statement } from "./writer";

/** Listens on a port, over IPv4 and IPv6. Where the kernel has no IPv6 the image's entry point takes the second line out. */
export function listen(port: number, ...flags: Argument[]): Statement[] {
  return [directive("listen", port, ...flags), directive("listen", `[::]:${port}`, ...flags)];
}
