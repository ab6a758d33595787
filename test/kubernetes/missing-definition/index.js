// A certificate by cert-manager, on a cluster without cert-manager.
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, as compiled programs are */
"use strict";
const kubernetes = require("@pulumi/kubernetes");
const pulumi = require("@pulumi/pulumi");

const provider = new kubernetes.Provider("cluster", { kubeconfig: new pulumi.Config().require("kubeconfig") });
new kubernetes.apiextensions.CustomResource(
  "certificate",
  {
    apiVersion: "cert-manager.io/v1",
    kind: "Certificate",
    metadata: { name: "testbro", namespace: "default" },
    spec: { secretName: "testbro-tls", dnsNames: ["testbro.example"], issuerRef: { name: "letsencrypt" } },
  },
  { provider },
);
