import type { Fixtures } from "../fixtures/fixtures";
import { buildArgumentsRule } from "./build-arguments";
import { edit, unknownAt } from "../fixtures/edit";

const image = {
  type: "docker:index/image:Image",
  name: "backend",
  props: { imageName: "backend:1", build: { context: ".", args: { NODE_VERSION: "22" } } },
};

export const fixtures: Fixtures = {
  rule: buildArgumentsRule,
  good: [image],
  bad: [
    edit(image, { "build.args.NPM_TOKEN": "hunter2" }),
    {
      type: "docker:index/remoteImage:RemoteImage",
      name: "backend",
      props: { name: "backend:1", build: { context: ".", buildArgs: { GITHUB_TOKEN: "x1" } } },
    },
  ],
  unknown: [unknownAt(image, "build.args.NODE_VERSION"), unknownAt(image, "build")],
};
