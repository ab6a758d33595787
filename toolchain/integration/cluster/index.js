// A workload of each kind that waits for something: volumes, a rollout, endpoints.
/* eslint-disable @typescript-eslint/no-require-imports -- CommonJS, as compiled programs are */
"use strict";
const kubernetes = require("@pulumi/kubernetes");
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const provider = new kubernetes.Provider("cluster", { kubeconfig: config.require("kubeconfig"), context: "testbro" });
const options = { provider };

const namespace = new kubernetes.core.v1.Namespace(
  "check",
  { metadata: { name: "check", labels: { "pod-security.kubernetes.io/enforce": "restricted" } } },
  options,
);
const metadata = { namespace: namespace.metadata.name };
const secret = new kubernetes.core.v1.Secret("token", { metadata, stringData: { token: pulumi.secret("only for this check") } }, options);
const settings = new kubernetes.core.v1.ConfigMap("settings", { metadata, data: { greeting: config.require("greeting") } }, options);

/** A pod that Pod Security "restricted" lets in. */
const pod = (labels, container, more = {}) => ({
  metadata: { labels },
  spec: {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 1,
    securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000, seccompProfile: { type: "RuntimeDefault" } },
    containers: [
      {
        name: "answer",
        image: config.require("image"),
        imagePullPolicy: "Never",
        ports: [{ containerPort: 8080 }],
        readinessProbe: { httpGet: { path: "/", port: 8080 }, periodSeconds: 1 },
        resources: { requests: { cpu: "0.01", memory: "16Mi" }, limits: { memory: "64Mi" } },
        securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
        envFrom: [{ configMapRef: { name: settings.metadata.name } }, { secretRef: { name: secret.metadata.name } }],
        ...container,
      },
    ],
    ...more,
  },
});

const kept = { app: "kept" };
const set = new kubernetes.apps.v1.StatefulSet(
  "kept",
  {
    metadata,
    spec: {
      serviceName: "kept",
      replicas: 3,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: kept },
      template: pod(
        kept,
        { volumeMounts: [{ name: "data", mountPath: "/data" }], image: config.require("goodImage") },
        {
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "topology.kubernetes.io/zone",
              whenUnsatisfiable: "DoNotSchedule",
              labelSelector: { matchLabels: kept },
            },
          ],
        },
      ),
      volumeClaimTemplates: [
        { metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Mi" } } } },
      ],
    },
  },
  options,
);
const front = { app: "front" };
const args = config.get("args");
const deployment = new kubernetes.apps.v1.Deployment(
  "front",
  {
    metadata,
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 60,
      strategy: { rollingUpdate: { maxUnavailable: 0 } },
      selector: { matchLabels: front },
      template: pod(front, args ? { args: [args] } : {}),
    },
  },
  options,
);
const service = (name, labels, after, nodePort) =>
  new kubernetes.core.v1.Service(
    name,
    {
      metadata: { ...metadata, name },
      spec: { type: nodePort ? "NodePort" : "ClusterIP", selector: labels, ports: [{ port: 80, targetPort: 8080, nodePort }] },
    },
    { ...options, dependsOn: after },
  );
service("kept", kept, set);
service("front", front, deployment, 30080);

exports.settings = settings.metadata.name;
