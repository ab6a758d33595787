import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createStatus, metricsOf } from "./status";

const STARTED = 1_700_000_000_000;

describe("the discovery's status", () => {
  it("tells when each source was last read, or the start where it never was", () => {
    const text = metricsOf({ engine: () => STARTED + 90_500, certificates: () => undefined }, STARTED);
    assert.deepEqual(
      text.split("\n").filter((line) => line !== "" && !line.startsWith("#")),
      [
        'discovery_source_reached_timestamp_seconds{source="engine"} 1700000090.500',
        'discovery_source_reached_timestamp_seconds{source="certificates"} 1700000000.000',
      ],
    );
    assert.match(text, /^# HELP .+\n# TYPE discovery_source_reached_timestamp_seconds gauge\n[^]*\n$/);
  });

  it("answers its two paths and no other", async () => {
    const server = createStatus({ engine: () => undefined });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const ask = async (path: string) => {
        const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
        return [answer.status, await answer.text()] as const;
      };
      assert.deepEqual(await ask("/healthz"), [200, "ok\n"]);
      assert.match((await ask("/metrics"))[1], /source="engine"/);
      for (const path of ["/", "/configuration", "/healthz/x"]) assert.equal((await ask(path))[0], 404, path);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });
});
