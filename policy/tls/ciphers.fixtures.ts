import type { Fixtures } from "../fixtures/fixtures";
import { ciphersRule } from "./ciphers";
import { edit, unknownAt } from "../fixtures/edit";
import * as docker from "../fixtures/docker";
import * as kube from "../fixtures/kubernetes";

const option = kube.kubernetes("traefik.io/v1alpha1", "TLSOption", "default", {
  spec: { cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] },
});
const uploaded = edit(docker.container, { uploads: [{ file: "/etc/nginx/nginx.conf", contentBase64: docker.config.props["data"] }] });

export const fixtures: Fixtures = {
  rule: ciphersRule,
  good: [docker.config, option, kube.ingress, uploaded, docker.nginx("ssl_ciphers ", "ssl_ciphers HIGH:!aNULL:!MD5:")],
  bad: [
    docker.nginx("ssl_ciphers ", "ssl_ciphers RC4-SHA:"),
    docker.nginx("ssl_ciphers ", "ssl_ciphers ALL:"),
    edit(option, { "spec.cipherSuites[1]": "TLS_RSA_WITH_3DES_EDE_CBC_SHA" }),
    edit(kube.ingress, { 'metadata.annotations["nginx.ingress.kubernetes.io/ssl-ciphers"]': "ECDHE-RSA-DES-CBC3-SHA" }),
    edit(uploaded, { "uploads[0].contentBase64": docker.nginx("ssl_ciphers ", "ssl_ciphers EXP-RC4-MD5:").props["data"] }),
  ],
  unknown: [unknownAt(docker.config, "data"), unknownAt(option, "spec.cipherSuites[0]"), unknownAt(uploaded, "uploads[0].contentBase64")],
};
