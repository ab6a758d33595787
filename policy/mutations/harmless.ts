import type { Mutation } from "./mutate";

/** Paths (and, where it matters, changes) of leaves whose change does no harm a policy could tell, with the reason. The first that fits counts. */
const REASONS: readonly { path: RegExp; change?: RegExp; kind?: RegExp; reason: string }[] = [
  { path: /^(?:apiVersion|kind)$/, reason: "Pulumi sets it from the resource's type" },
  {
    path: /./,
    change: /-changed"$/,
    kind: /^\S*$/,
    reason: "another name or text: either the platform refuses it, or it names something else of the same sort",
  },
  { path: /./, change: /→ ""$/, reason: "the platform refuses an empty text or takes it for its default" },
  {
    path: /^metadata\.(?:name|namespace)$|^name$|containers\[\d+\]\.name$|^spec\.serviceName$|volumeClaimTemplates\[\d+\]\.metadata/,
    reason: "a missing name is made up by Pulumi or refused by the platform",
  },
  {
    path: /healthcheck\.tests\[\d+\]$|(?:Probe)\.(?:httpGet\.path|exec\.command)|command\[\d+\]$|args\[\d+\]$/,
    reason: "what a command or path does is the image's matter; a wrong one fails its first check or start",
  },
  {
    path: /\.env\[\d+\]\.|\.env\.|^envs\[\d+\]$/,
    reason: "a missing or other plain setting is the application's matter and shows at its first start",
  },
  {
    path: /labels\[\d+\]\.(?:label|value)$|metadata\.(?:labels|annotations)|template\.metadata\.labels/,
    reason: "a label that only describes; what depends on it is caught where it is used",
  },
  {
    path: /secrets\[\d+\]\.(?:secretId|secretName|fileName|fileUid)$|volumes\[\d+\]\.(?:name|secret\.secretName)$|volumeMounts\[\d+\]\.(?:name|mountPath)$|mounts\[\d+\]\.(?:target|source|type)$/,
    reason: "a mount that leads nowhere is refused, or the process misses its file at its first start",
  },
  { path: /volumeMounts\[\d+\]\.readOnly$/, reason: "secret volumes are read-only whatever the mount says" },
  {
    path: /fileMode$|defaultMode$|tmpfsOptions\.mode$/,
    reason: "a mode without rights keeps the process itself out, at its first start; a mount mode is masked by the engine",
  },
  {
    path: /networksAdvanceds\[\d+\]|ports\[\d+\]\.(?:name|protocol|port|targetPort|publishedPort|containerPort)$|\.ports\[\d+\]\.|routes\[\d+\]|paths\[\d+\]|services\[\d+\]|ingressClassName|entryPoints|gatewayClassName|listeners\[\d+\]\.(?:name|port|hostname)/,
    reason: "a wrong port, route or network connects nobody, which a test of the route shows; it opens nothing",
  },
  {
    path: /podSelector|namespaceSelector|policyTypes/,
    reason: "the namespace's default policy still covers the pods; the rule only names other pods of the namespace",
  },
  {
    path: /stopSignal$|logDriver\.(?:name|options\.max-file|options\.max-size)|^logDriver$|^logOpts|tmpfsOptions\.sizeBytes|emptyDir\.(?:medium|sizeLimit)|ephemeral-storage/,
    reason: "still bounded: the default or another value of the same sort",
  },
  {
    path: /endpointSpec\.mode$|^driver$|spec\.type$|placement\.(?:constraints|prefs|maxReplicas)|updateConfig\.(?:order|parallelism|delay|maxFailureRatio)$|rollbackConfig|convergeConfig\.(?:delay|timeout)|restartPolicy|^restart$|^init$/,
    reason: "the platform's default is as good for this resource",
  },
  {
    path: /strategy|updateStrategy|revisionHistoryLimit|progressDeadlineSeconds|minReadySeconds|terminationGracePeriodSeconds|persistentVolumeClaimRetentionPolicy|imagePullPolicy/,
    reason: "the platform's default or another sane value",
  },
  {
    path: /(?:Probe)\.(?:timeoutSeconds|failureThreshold|periodSeconds|successThreshold)$/,
    reason: "the API server refuses zero, and its defaults are sane",
  },
  {
    path: /securityContext\.(?:runAsUser|runAsNonRoot|fsGroup)$/,
    reason: "another user than root, or overridden by the container's own setting",
  },
  { path: /topologySpreadConstraints/, reason: "still spreads over something; jobs need no spreading" },
  {
    path: /mode\.replicated\.replicas$|spec\.replicas$|spec\.hard|resources\.requests\.storage|maxReplicas$|minReplicas$|maxUnavailable$|averageUtilization|autoscaler/,
    reason: "how much there is of something is the stack's own choice",
  },
  {
    path: /accessModes|storageClassName|^labels|^type$|stringData|^data|ttlSecondsAfterFinished|restartPolicy$|timeZone|HistoryLimit$|startingDeadlineSeconds|schedule$|backoffLimit|activeDeadlineSeconds/,
    reason: "content or bookkeeping that does not make the resource less safe",
  },
  { path: /^rules\[\d+\]/, reason: "a role that grants other or all names of a harmless kind" },
  {
    path: /dnsNames|issuerRef|secretName|privateKey|duration|renewBefore|hosts|tls/,
    reason: "a certificate for another name or by its issuer's defaults; a missing one is refused by the controller",
  },
  { path: /scaleTargetRef|metrics\[\d+\]|spec\.selector/, reason: "the API server refuses it" },
  { path: /^host$/, reason: "the default host is the local socket or what DOCKER_HOST says, which is checked where it is written" },
  {
    path: /^(?:networkMode|networksAdvanced|cpuShares|cpus|memory\w*|ulimits|tmpfs|stopTimeout|destroyGraceSeconds|options|internal|attachable)/,
    reason: "still bounded, or the default of the same meaning",
  },
  { path: /resources\.|limits|reservation/, reason: "still bounded" },
  { path: /listeners\[\d+\]\.protocol$/, reason: "the API server refuses a listener without protocol" },
  { path: /stopGracePeriod|monitor|healthcheck\.|user$|preStop/, reason: "within what the rules allow" },
];

/** Why a mutation that no rule catches does no harm, by what the leaf is; undefined when nobody gave a reason yet. */
export function harmless({ path, change, resource }: Mutation): string | undefined {
  return REASONS.find((entry) => entry.path.test(path) && (entry.change?.test(change) ?? true) && (entry.kind?.test(resource.type) ?? true))
    ?.reason;
}
