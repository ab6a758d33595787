import type { Reader } from "./reader";
import type { View } from "./resource";
import type { StackIndex } from "./stack-index";

/** What a violation costs: `critical` gives the machine or the data away, `high` an outage or a leak, `medium` a risk under load, `low` hygiene. */
export type Severity = "low" | "medium" | "high" | "critical";

/** The rooms rules live in. */
export const GROUPS = [
  "health",
  "resources",
  "tls",
  "images",
  "hardening",
  "availability",
  "rollout",
  "secrets",
  "network",
  "backup",
] as const;
export type Group = (typeof GROUPS)[number];

/** The JSON schema of one parameter; the subset the configuration check understands. */
export interface ParameterSchema {
  type: "number" | "integer" | "boolean" | "string" | "array";
  description: string;
  default: number | boolean | string | string[];
  minimum?: number;
  maximum?: number;
  items?: { type: "string" };
}

/** What a rule is about, for people. */
export interface RuleText {
  /** Unique; begins with the group: `health-readiness-probe`. At most 55 characters, because it is part of an annotation's name. */
  id: string;
  group: Group;
  /** What has to be true, in one sentence. */
  title: string;
  severity: Severity;
  /** What goes wrong otherwise. */
  why: string;
  /** What to change, in one sentence. */
  fix: string;
  /** The change as code. */
  example: string;
  /** Checks of public frameworks this rule covers, e.g. `CIS Docker 4.1`, `CIS Kubernetes 5.2.6`, `NSA`, `PSS restricted` (Pod Security Standards), `NSA` (Kubernetes Hardening Guide). */
  frameworks?: readonly string[];
  /** Parameters by name. */
  parameters?: Readonly<Record<string, ParameterSchema>>;
}

/** Reports that something is wrong. `at`: the place, part of the message. */
export type Report = (message: string, at?: Reader) => void;

/** What a resource rule works with. */
export interface Subject {
  readonly view: View;
  readonly props: Reader;
  readonly report: Report;
  /** Value of a parameter, by configuration or default. */
  parameter<T extends number | boolean | string | string[]>(name: string): T;
  /** Runs `check` for each item; an unknown value ends only that item's check. */
  each<T>(items: Iterable<T>, check: (item: T) => void): void;
  /** Runs one check of several; an unknown value ends only it. */
  scope(check: () => void): void;
}

/** What a stack rule works with. */
export interface StackSubject extends Omit<Subject, "view" | "props" | "report"> {
  readonly index: StackIndex;
  readonly report: (view: View, message: string, at?: Reader) => void;
  /** Like {@link Subject.each}, naming the resource an unknown value belongs to. */
  eachView<T extends { view: View }>(items: Iterable<T>, check: (item: T) => void): void;
}

/** A rule about one resource alone. */
export interface ResourceRule extends RuleText {
  /** Kinds it looks at, as {@link View.kind}. */
  kinds: readonly string[];
  check(subject: Subject): void;
}

/** A rule about resources together. */
export interface StackRule extends RuleText {
  checkStack(subject: StackSubject): void;
}

export type Rule = ResourceRule | StackRule;

/** Whether `rule` looks at the stack as a whole. */
export function isStackRule(rule: Rule): rule is StackRule {
  return "checkStack" in rule;
}

/** Types a rule and checks what the compiler cannot. @throws Error when the id does not fit its group or an annotation's name */
export function defineRule<R extends Rule>(rule: R): R {
  if (!rule.id.startsWith(`${rule.group}-`) || !/^[a-z0-9-]{5,55}$/.test(rule.id)) {
    throw new Error(`rule id "${rule.id}" has to begin with "${rule.group}-" and be 5 to 55 lower-case letters, digits and hyphens`);
  }
  return rule;
}
