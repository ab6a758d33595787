import type { View } from "./resource";
import { labelsOf } from "../platforms/containers";

/** Annotation (Kubernetes) or label (Docker) that exempts a resource from a rule; the rule's id follows. */
export const EXEMPTION_PREFIX = "policy.testbro.ai/exempt.";

/** Id under which wrong, expired and unused exemptions are reported. */
export const EXEMPTION_POLICY = "exemptions";

/** A wish not to be held to one rule. */
export interface Exemption {
  rule: string;
  reason: string;
  /** Last day it holds, `YYYY-MM-DD`, UTC. @default for good */
  expires?: string;
  urn: string;
  /** Whether a rule would have been violated without it. */
  used: boolean;
  /** Whether its last day is over. */
  expired: boolean;
}

/** What a resource's exemptions say, and what is wrong with them. */
export interface ExemptionsOf {
  exemptions: Exemption[];
  problems: string[];
}

/** The form of an exemption's value: a reason, and perhaps `; expires=YYYY-MM-DD`. */
const VALUE = /^(?<reason>.*?)(?:;\s*expires=(?<expires>[^;]*))?$/s;

function parse(rule: string, value: string, urn: string, known: ReadonlySet<string>, today: string): Exemption | string {
  const { reason = "", expires } = VALUE.exec(value)?.groups ?? {};
  if (!known.has(rule)) return `exemption from "${rule}": there is no such rule; list them with "testbro-policy list"`;
  if (reason.trim().length < 8)
    return `exemption from "${rule}" has no reason ("${reason.trim()}"); write why in a few words, e.g. "vendor image runs as root; expires=2027-01-31"`;
  const day = expires?.trim();
  if (day !== undefined && (!/^\d{4}-\d{2}-\d{2}$/.test(day) || Number.isNaN(Date.parse(day)))) {
    return `exemption from "${rule}" expires on "${day}", which is no date; write it as YYYY-MM-DD`;
  }
  return { rule, reason: reason.trim(), expires: day, urn, used: false, expired: day !== undefined && day < today };
}

/**
 * Reads the exemptions on a resource: annotations or labels `policy.testbro.ai/exempt.RULE`, and on a component its input
 * `policyExemptions` (rule id → value), which also covers what the component creates. An exemption whose own value is unknown does
 * not count.
 */
export function readExemptions(view: View, known: ReadonlySet<string>, today: string): ExemptionsOf {
  const result: ExemptionsOf = { exemptions: [], problems: [] };
  const take = (rule: string, value: string | undefined) => {
    const exemption = parse(rule, value ?? "", view.urn, known, today);
    if (typeof exemption === "string") result.problems.push(exemption);
    else result.exemptions.push(exemption);
  };
  try {
    for (const [label, value] of labelsOf(view)) {
      if (label.startsWith(EXEMPTION_PREFIX) && value.known) take(label.slice(EXEMPTION_PREFIX.length), value.text());
    }
  } catch {
    // Labels that are unknown as a whole exempt from nothing.
  }
  const option = view.props.at("policyExemptions");
  if (option.known) for (const [rule, value] of option.entries()) if (value.known) take(rule, value.text());
  return result;
}

/** Remembers the exemptions of a run, so that a component's reach its children and the unused ones can be told. */
export class ExemptionRegister {
  private readonly byUrn = new Map<string, ExemptionsOf>();
  private readonly parents = new Map<string, string>();

  constructor(
    private readonly known: ReadonlySet<string>,
    private readonly today: string = new Date().toISOString().slice(0, 10),
  ) {}

  /** Takes in a resource's exemptions. Reading the same resource again keeps what is known about use. */
  add(view: View): ExemptionsOf {
    let entry = this.byUrn.get(view.urn);
    if (!entry) {
      entry = readExemptions(view, this.known, this.today);
      if (entry.exemptions.length === 0 && entry.problems.length === 0) {
        if (view.parent) this.parents.set(view.urn, view.parent);
        return entry;
      }
      this.byUrn.set(view.urn, entry);
    }
    if (view.parent) this.parents.set(view.urn, view.parent);
    return entry;
  }

  /** The exemption that covers `rule` on the resource or on a component around it. */
  find(urn: string, rule: string): Exemption | undefined {
    for (let current: string | undefined = urn; current !== undefined; current = this.parents.get(current)) {
      const found = this.byUrn.get(current)?.exemptions.find((exemption) => exemption.rule === rule && !exemption.expired);
      if (found) return found;
    }
    return undefined;
  }

  /** Every exemption seen. */
  all(): Exemption[] {
    return [...this.byUrn.values()].flatMap((entry) => entry.exemptions);
  }

  /** Everything wrong with exemptions, with the resource it stands on. */
  problems(): { urn: string; problem: string }[] {
    return [...this.byUrn].flatMap(([urn, entry]) => entry.problems.map((problem) => ({ urn, problem })));
  }
}
