import assert from "node:assert/strict";
import { type NetworkPolicy, type Party, reaches, selects } from "./evaluate";

const pod = (name: string, address: string, labels: Record<string, string> = { app: name }, namespace = "here"): Party => ({
  name,
  address,
  pod: { namespace, labels, namespaceLabels: { "kubernetes.io/metadata.name": namespace } },
});
const policy = (spec: NetworkPolicy["spec"], namespace = "here"): NetworkPolicy => ({ metadata: { namespace }, spec });
const web = pod("web", "10.1.0.1");
const store = pod("store", "10.1.0.2");
const stranger = pod("stranger", "10.1.0.3", { app: "web" }, "there");
const outside: Party = { name: "outside", address: "198.51.100.7" };
const sql = { party: store, port: 5432, protocol: "TCP" as const };

describe("reachability of NetworkPolicies", () => {
  it("everything is open where no policy holds", () => {
    for (const from of [web, stranger, outside]) assert.equal(reaches([], from, sql), true);
    assert.equal(reaches([policy({ podSelector: {} }, "there")], web, sql), true, "a policy of another namespace says nothing here");
  });

  it("a policy without rules closes its direction, and only that", () => {
    const ingress = policy({ podSelector: { matchLabels: { app: "store" } } });
    assert.equal(reaches([ingress], web, sql), false);
    assert.equal(reaches([ingress], store, { ...sql, party: web }), true);
    const egress = policy({ podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"] });
    assert.equal(reaches([egress], web, sql), false);
    assert.equal(reaches([egress], stranger, sql), true);
  });

  it("needs both the way out and the way in", () => {
    const deny = policy({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
    const out = policy({ podSelector: { matchLabels: { app: "web" } }, policyTypes: ["Egress"], egress: [{ to: [{ podSelector: {} }] }] });
    const into = policy({
      podSelector: { matchLabels: { app: "store" } },
      ingress: [{ from: [{ podSelector: { matchLabels: { app: "web" } } }], ports: [{ port: 5432 }] }],
    });
    assert.deepEqual(
      [
        [deny, out],
        [deny, into],
        [deny, out, into],
      ].map((policies) => reaches(policies, web, sql)),
      [false, false, true],
    );
    assert.equal(reaches([deny, out, into], web, { ...sql, port: 5433 }), false, "another port");
    assert.equal(reaches([deny, out, into], web, { ...sql, protocol: "UDP" }), false, "another protocol");
    assert.equal(reaches([deny, into], stranger, sql), false, "the same labels in another namespace");
  });

  it("lets namespaces in by their labels", () => {
    const from = [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "there" } } }];
    const policies = [policy({ podSelector: {}, ingress: [{ from }] })];
    assert.deepEqual(
      [web, stranger, outside].map((each) => reaches(policies, each, sql)),
      [false, true, false],
    );
  });

  it("knows ranges of addresses, their exceptions and ranges of ports", () => {
    const to = [{ ipBlock: { cidr: "0.0.0.0/0", except: ["10.0.0.0/8"] } }];
    const policies = [policy({ podSelector: {}, policyTypes: ["Egress"], egress: [{ to, ports: [{ port: 400, endPort: 500 }] }] })];
    const at = (party: Party, port: number) => reaches(policies, web, { party, port, protocol: "TCP" });
    assert.deepEqual([at(outside, 443), at(outside, 501), at(store, 443)], [true, false, false]);
  });

  it("knows every operator of a selector", () => {
    const labels = { tier: "app" };
    const expression = (operator: string, values?: string[], key = "tier") =>
      selects({ matchExpressions: [{ key, operator, ...(values ? { values } : {}) }] }, labels);
    assert.deepEqual(
      [expression("In", ["app"]), expression("In", ["data"]), expression("NotIn", ["data"]), expression("NotIn", ["app"])],
      [true, false, true, false],
    );
    assert.deepEqual(
      [expression("Exists"), expression("DoesNotExist"), expression("Exists", [], "x"), expression("DoesNotExist", [], "x")],
      [true, false, false, true],
    );
    assert.throws(() => expression("Like"), /no such operator/);
  });
});
