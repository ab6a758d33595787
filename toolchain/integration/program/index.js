// One resource of each kind that the product's stacks are made of.
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, as compiled programs are */
"use strict";
const docker = require("@pulumi/docker");
const pulumi = require("@pulumi/pulumi");
const random = require("@pulumi/random");
const tls = require("@pulumi/tls");

const config = new pulumi.Config();

const password = new random.RandomPassword("password", { length: 24, special: false });
const suffix = new random.RandomId("suffix", { byteLength: 3 });

const caKey = new tls.PrivateKey("ca-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const ca = new tls.SelfSignedCert("ca", {
  privateKeyPem: caKey.privateKeyPem,
  subject: { commonName: "Toolchain check" },
  isCaCertificate: true,
  validityPeriodHours: 24 * 365,
  allowedUses: ["cert_signing", "crl_signing"],
});
const key = new tls.PrivateKey("key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
const request = new tls.CertRequest("request", {
  privateKeyPem: key.privateKeyPem,
  subject: { commonName: "localhost" },
  dnsNames: ["localhost"],
  ipAddresses: ["127.0.0.1"],
});
const certificate = new tls.LocallySignedCert("certificate", {
  caPrivateKeyPem: caKey.privateKeyPem,
  caCertPem: ca.certPem,
  certRequestPem: request.certRequestPem,
  validityPeriodHours: 24 * 90,
  earlyRenewalHours: 24 * 30,
  allowedUses: ["digital_signature", "server_auth"],
});

const encode = (text) => Buffer.from(text).toString("base64");
const network = new docker.Network("network", { driver: "overlay", attachable: true });
const volume = new docker.Volume("volume");
const file = new docker.ServiceConfig("file", { data: encode(config.require("greeting")) });
const secret = new docker.Secret("secret", {
  data: pulumi.all([password.result, key.privateKeyPem]).apply((texts) => encode(texts.join("\n"))),
});

const service = new docker.Service("service", {
  labels: [{ label: "toolchain.check", value: "yes" }],
  taskSpec: {
    containerSpec: {
      image: config.require("image"),
      commands: ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.2; done"],
      configs: [{ configId: file.id, configName: file.name, fileName: "/etc/greeting" }],
      secrets: [{ secretId: secret.id, secretName: secret.name, fileName: "/run/secrets/password" }],
      mounts: [{ type: "volume", source: volume.name, target: "/data" }],
      healthcheck: {
        tests: ["CMD-SHELL", "test -s /etc/greeting && test -s /run/secrets/password"],
        interval: "1s",
        timeout: "2s",
        retries: 3,
        startPeriod: "5s",
      },
      // Deleting a service waits this long for its containers to be gone, and fails after it; so it is more than stopping takes.
      stopGracePeriod: "30s",
    },
    networksAdvanceds: [{ id: network.id }],
    restartPolicy: { condition: "any", delay: "1s", window: "5s", maxAttempts: 0 },
    resources: { limits: { memoryBytes: 64 * 1024 * 1024 } },
  },
  mode: { replicated: { replicas: config.getNumber("replicas") ?? 1 } },
  endpointSpec: { mode: "dnsrr" },
  updateConfig: { order: "start-first", failureAction: "rollback", monitor: "3s", delay: "0s", parallelism: 1, maxFailureRatio: "0" },
  convergeConfig: { delay: "1s", timeout: "60s" },
});

exports.service = service.name;
exports.suffix = suffix.hex;
exports.ca = ca.certPem;
exports.certificate = certificate.certPem;
exports.password = password.result;
