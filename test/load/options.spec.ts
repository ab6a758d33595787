import assert from "node:assert/strict";
import { commandLine, completeOptions, LoadOptionsError, parseCommandLine } from "./options";

function problems(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof LoadOptionsError);
    return error.problems;
  }
  return assert.fail("nothing was wrong");
}

describe("load options", () => {
  it("come back from the command line as they went in", () => {
    const options = {
      url: "https://localhost:8443",
      rate: 40,
      seconds: 5,
      mode: "keep-alive" as const,
      connections: 7,
      get: ["/", "/api/whoami"],
      post: "/api/runs",
      postShare: 0.5,
      timeout: 1000,
      runId: "run-1",
    };
    assert.deepEqual(parseCommandLine(commandLine(options)), completeOptions(options));
  });

  it("name every problem at once", () => {
    const found = problems(() => completeOptions({ url: "http://localhost", rate: -1, postShare: 2, runId: "a b" }));
    assert.equal(found.length, 5, found.join("\n"));
    assert.match(found[0] ?? "", /^url is "http:\/\/localhost": write an https address/);
  });

  it("refuse to load another machine unless that is said", () => {
    const url = "https://localhost";
    const addresses = ["127.0.0.1", "192.0.2.1"];
    assert.match(problems(() => completeOptions({ url, addresses }))[0] ?? "", /loopback/);
    assert.deepEqual(completeOptions({ url, addresses, allowRemote: true }).addresses, addresses);
    assert.deepEqual(completeOptions({ url, addresses: ["::1"] }).addresses, ["::1"]);
    assert.match(problems(() => completeOptions({ url, addresses: [] }))[0] ?? "", /^addresses is \[\]: write IP addresses/);
  });

  it("refuse what is no number, an unknown option and a certificate that is not there", () => {
    const url = ["--url", "https://localhost"];
    assert.match(problems(() => parseCommandLine([...url, "--rate", "fast"]))[0] ?? "", /^rate is/);
    assert.match(problems(() => parseCommandLine([...url, "--retries", "3"]))[0] ?? "", /--retries/);
    assert.match(problems(() => parseCommandLine([...url, "--ca", "/no/such/file"]))[0] ?? "", /ca is "\/no\/such\/file".*ENOENT/);
  });
});
