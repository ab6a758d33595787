import type { Fixtures } from "../fixtures/fixtures";
import { plainConfigRule } from "./plain-config";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const uploaded = edit(docker.container, {
  uploads: [{ file: "/etc/app.yaml", content: "logLevel: info\npasswordFile: /run/secrets/x\n" }],
});

export const fixtures: Fixtures = {
  rule: plainConfigRule,
  good: [docker.config, kube.configMap, uploaded],
  bad: [
    edit(docker.config, { data: "cGFzc3dvcmQ6IGh1bnRlcjIK" }),
    edit(kube.configMap, { "data.PASSWORD": "hunter2" }),
    edit(kube.configMap, { 'data["app.yaml"]': "database:\n  password: hunter2\n" }),
    edit(uploaded, { "uploads[0].content": "-----BEGIN PRIVATE KEY-----\nMIIE\n" }),
  ],
  unknown: [unknownAt(docker.config, "data"), unknownAt(kube.configMap, 'data["app.yaml"]'), unknownAt(uploaded, "uploads[0].content")],
};
