import assert from "node:assert/strict";
import { isNginx, listensPlainHttp, listensTls, parseNginx } from "./nginx";

const CONFIG = `
# server { listen 80; }
http {
  ssl_protocols TLSv1.2;
  add_header Strict-Transport-Security "max-age=1; includeSubDomains" always;
  server {
    listen 443 ssl;
    server_name a;
    location / { proxy_pass http://b; add_header X-A "b;c"; }
  }
  server { listen [::]:80; return 301 https://$host$request_uri; }
  server { listen 127.0.0.1:8080; stub_status; }
}`;

describe("parseNginx", () => {
  const { servers, outside } = parseNginx(CONFIG);

  it("finds the server blocks and nothing in comments", () => {
    assert.equal(servers.length, 3);
    assert.deepEqual(servers.map(listensTls), [true, false, false]);
    assert.deepEqual(servers.map(listensPlainHttp), [false, true, false]);
  });

  it("tells a block's own directives from nested ones", () => {
    assert.equal(servers[0]!.directives.has("proxy_pass"), false);
    assert.deepEqual(servers[0]!.directives.get("server_name"), ["a"]);
  });

  it("finds directives outside of servers", () => {
    assert.deepEqual(outside("ssl_protocols"), ["TLSv1.2"]);
    assert.deepEqual(outside("proxy_pass"), []);
  });

  it("knows what is no nginx configuration", () => {
    assert.equal(isNginx("server: { port: 80 }"), false);
    assert.equal(isNginx(CONFIG), true);
  });

  it("survives unbalanced braces", () => assert.equal(parseNginx("server { listen 80; location / {").servers.length, 1));
});
