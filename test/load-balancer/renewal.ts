import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CONNECTION_MODES, startLoadProcess } from "../load";
import { HOST, isIssued, type AcmeSite } from "./acme-site";

/** Has the authority ask for a renewal while every balancer is under load, and waits until all show the new certificate. No request may fail. */
export async function renewsUnderLoad(site: AcmeSite): Promise<void> {
  const before = await site.shows("an issued certificate", isIssued);
  const caFile = join(site.folder, "root.pem");
  writeFileSync(caFile, await site.pebble.root());
  // In other processes, so that the name server in this one answers in time; and patient on a busy machine: what counts is that
  // every request is answered.
  const loads = site.balancers.map(({ https }, index) => {
    const mode = CONNECTION_MODES[index % CONNECTION_MODES.length];
    return startLoadProcess({ url: `https://${HOST}:${https}`, caFile, rate: 20, seconds: 200, mode, connections: 5, timeout: 30_000 });
  });
  await sleep(1500);
  await site.pebble.wantRenewed(before.toString());
  await site.shows("a renewed certificate", (certificate) => isIssued(certificate) && certificate.serialNumber !== before.serialNumber);
  await sleep(2000);
  const reports = await Promise.all(loads.map((load) => load.stop()));
  for (const report of reports) {
    assert.deepEqual(report.failures, []);
    assert.ok(report.ok > 10, `only ${report.ok} requests`);
  }
}
