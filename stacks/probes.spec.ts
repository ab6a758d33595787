import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type { Ref } from "@testbro/components/workload";
import type { Environment } from "./environment";
import { probesOf } from "./probes";

const BALANCER: Ref = { name: "nginx", fullName: "testbro-nginx", host: "testbro-nginx", ports: { https: 8443 }, segment: "edge" };

/** Authorities that the probe trusts besides the public ones. */
async function trusted(acme: Environment["acme"]): Promise<string> {
  const environment = { domain: "testbro.org", acme, images: { acme: "example/acme:1" } } as Environment;
  const { ca, host, through } = probesOf(environment, BALANCER, pulumi.output("OWN\n"));
  assert.deepEqual([host, through], ["testbro.org", BALANCER]);
  return new Promise((resolve) => pulumi.output(ca ?? "").apply(resolve));
}

describe("probes of a stack", () => {
  it("trust the own authority, also before and after one of ACME issues, whose certificates the public ones vouch for", async () => {
    assert.equal(await trusted({}), "OWN\n");
    assert.equal(await trusted({ email: "ops@testbro.org" }), "OWN\n");
  });

  it("trust an ACME authority of one's own by its root", async () => {
    assert.equal(await trusted({ email: "ops@testbro.org", directory: "https://acme.internal/dir", directoryCa: "ROOT" }), "OWN\nROOT\n");
  });
});
