import type { Rule } from "../core/rule";
import { addedCapabilitiesRule } from "./added-capabilities";
import { adminInterfaceRule } from "./admin-interface";
import { devicesRule } from "./devices";
import { dropCapabilitiesRule } from "./drop-capabilities";
import { hostNamespacesRule } from "./host-namespaces";
import { hostPathRule } from "./host-path";
import { hostPortRule } from "./host-port";
import { mountPropagationRule } from "./mount-propagation";
import { nonRootRule } from "./non-root";
import { podSecurityRule } from "./pod-security";
import { privilegeEscalationRule } from "./privilege-escalation";
import { privilegedRule } from "./privileged";
import { rbacBindingRule } from "./rbac-binding";
import { rbacWildcardRule } from "./rbac-wildcard";
import { readOnlyRootRule } from "./read-only-root";
import { runtimeSocketRule } from "./runtime-socket";
import { seccompRule } from "./seccomp";
import { serviceAccountTokenRule } from "./service-account-token";
import { serviceAccountRule } from "./service-account";
import { sshPortRule } from "./ssh-port";
import { sysctlsRule } from "./sysctls";

/** What a process may do. */
export const hardeningRules: readonly Rule[] = [
  addedCapabilitiesRule,
  adminInterfaceRule,
  devicesRule,
  dropCapabilitiesRule,
  hostNamespacesRule,
  hostPathRule,
  hostPortRule,
  mountPropagationRule,
  nonRootRule,
  podSecurityRule,
  privilegeEscalationRule,
  privilegedRule,
  rbacBindingRule,
  rbacWildcardRule,
  readOnlyRootRule,
  runtimeSocketRule,
  seccompRule,
  serviceAccountTokenRule,
  serviceAccountRule,
  sshPortRule,
  sysctlsRule,
];
