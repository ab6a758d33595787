import type { Fixtures } from "../fixtures/fixtures";
import { keepLocallyRule } from "./keep-locally";
import { edit, unknownAt, REMOVE } from "../fixtures/edit";

const image = { type: "docker:index/remoteImage:RemoteImage", name: "backend", props: { name: "backend:1", keepLocally: true } };

export const fixtures: Fixtures = {
  rule: keepLocallyRule,
  good: [image],
  bad: [edit(image, { keepLocally: REMOVE }), edit(image, { forceRemove: true })],
  unknown: [unknownAt(image, "keepLocally")],
};
