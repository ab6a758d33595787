import assert from "node:assert/strict";
import type { Context } from "./context";
import { isReady, type Metadata, type Pod, WORKLOAD_LABEL } from "./kubectl";

/** Answers, one a line: whether it is allowed, to whom, and what. */
const ANSWERS = 'jsonpath={.status.allowed} {.spec.user} {.spec.resourceAttributes.verb} {.spec.resourceAttributes.resource}{"\\n"}';

/** What no workload may do unless its spec asked for it. */
const FORBIDDEN: [verb: string, resource: string, subresource?: string][] = [
  ["get", "secrets"],
  ["list", "secrets"],
  ["list", "pods"],
  ["get", "pods"],
  ["create", "pods"],
  ["create", "pods", "exec"],
  ["get", "configmaps"],
];

/**
 * Pod Security, and what the workloads may ask of the API server.
 * @param withToken workloads that may ask it anything at all
 */
export function rights(context: Context, withToken: readonly string[] = []): void {
  describe("is closed to", () => {
    it('pods that do not keep to Pod Security "restricted"; its own all do, and are ready', async () => {
      const { kubectl } = context;
      const { metadata } = await kubectl.get<{ metadata: Metadata }>("namespace", kubectl.namespace);
      assert.equal(metadata.labels?.["pod-security.kubernetes.io/enforce"], "restricted");
      const refused = await kubectl.attempt("run", "intruder", "--image=testbro/intruder", "--privileged", "--dry-run=server");
      assert.notEqual(refused.code, 0);
      assert.match(refused.output, /violates PodSecurity "restricted:latest": privileged/);
      const pods = await kubectl.list<Pod>("pods");
      assert.ok(pods.length >= 13, `${pods.length} pods`);
      const unready = pods.filter((pod) => pod.metadata.deletionTimestamp === undefined && !isReady(pod));
      assert.deepEqual(
        unready.map(({ metadata: { name }, status }) => `${name} ${status.phase}`),
        [],
      );
    });

    it("its workloads, which can neither read secrets nor list pods, and have no token to try with unless they need one", async () => {
      const { kubectl } = context;
      const accounts = (await kubectl.list<{ metadata: Metadata }>("serviceaccounts")).map(({ metadata }) => metadata.name);
      assert.ok(accounts.includes("testbro-backend") && accounts.includes("default"), accounts.join());
      // What `kubectl auth can-i --as` sends, all at once.
      const review = (user: string, groups: string[], [verb, resource, subresource]: (typeof FORBIDDEN)[number]) => ({
        apiVersion: "authorization.k8s.io/v1",
        kind: "SubjectAccessReview",
        spec: { user, groups, resourceAttributes: { namespace: kubectl.namespace, verb, resource, subresource } },
      });
      const group = `system:serviceaccounts:${kubectl.namespace}`;
      const asked = accounts.flatMap((account) =>
        FORBIDDEN.map((attributes) =>
          review(
            `system:serviceaccount:${kubectl.namespace}:${account}`,
            ["system:serviceaccounts", group, "system:authenticated"],
            attributes,
          ),
        ),
      );
      // One who may, or the answers would say nothing.
      const able = review("somebody", ["system:masters"], ["list", "secrets"]);
      const file = kubectl.file("reviews.json", { apiVersion: "v1", kind: "List", items: [...asked, able] });
      const answers = (await kubectl.must("create", "-f", file, "-o", ANSWERS)).trim().split("\n");
      assert.equal(answers.length, asked.length + 1);
      assert.deepEqual(
        answers.filter((line) => !line.startsWith("false ")),
        ["true somebody list secrets"],
      );
      const pods = (await kubectl.list<Pod>("pods")).filter(({ spec }) =>
        spec.volumes?.some(({ projected }) => projected?.sources.some(({ serviceAccountToken }) => serviceAccountToken)),
      );
      assert.deepEqual([...new Set(pods.map(({ metadata }) => metadata.labels?.[WORKLOAD_LABEL]))], withToken);
    });
  });
}
