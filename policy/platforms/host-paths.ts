import type { Reader } from "../core/reader";
import { containersOf, podOf } from "./containers";
import type { View } from "../core/resource";

/** A path of the host that a resource mounts. */
export interface HostMount {
  /** @throws Undecided */
  source(): string;
  readOnly(): boolean;
  propagation(): string | undefined;
  at: Reader;
}

/** All host paths a resource mounts. @throws Undecided */
export function hostMountsOf(view: View): HostMount[] {
  const pod = podOf(view);
  if (pod) {
    const mounts = () => containersOf(view).flatMap((container) => container.at.at("volumeMounts").list());
    return pod.spec
      .at("volumes")
      .list()
      .filter((volume) => volume.at("hostPath").written)
      .map((volume) => {
        const own = () => mounts().filter((mount) => mount.at("name").text() === volume.at("name").text());
        return {
          source: () => volume.at("hostPath", "path").text() ?? "",
          readOnly: () => own().every((mount) => mount.at("readOnly").flag() === true),
          propagation: () =>
            own()
              .map((mount) => mount.at("mountPropagation").text())
              .find((mode) => mode !== undefined),
          at: volume,
        };
      });
  }
  const spec = view.kind === "docker/Service" ? view.props.at("taskSpec", "containerSpec") : view.props;
  const binds = spec
    .at("mounts")
    .list()
    .filter((mount) => mount.at("type").text() === "bind")
    .map((mount) => ({
      source: () => mount.at("source").text() ?? "",
      readOnly: () => mount.at("readOnly").flag() === true,
      propagation: () => mount.at("bindOptions", "propagation").text(),
      at: mount,
    }));
  if (view.kind === "docker/Service") return binds;
  const volumes = spec
    .at("volumes")
    .list()
    .filter((volume) => volume.at("hostPath").written)
    .map((volume) => ({
      source: () => volume.at("hostPath").text() ?? "",
      readOnly: () => volume.at("readOnly").flag() === true,
      propagation: () => undefined,
      at: volume,
    }));
  return [...binds, ...volumes];
}
