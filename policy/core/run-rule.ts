import type { Reader } from "./reader";
import type { View } from "./resource";
import type { ResourceRule, Rule, StackRule, StackSubject, Subject } from "./rule";
import type { StackIndex } from "./stack-index";
import { Undecided } from "./unknown";

/** What a rule found at one resource, before levels and exemptions. `failed`: the rule itself threw. */
export interface Outcome {
  outcome: "violation" | "undecidable" | "failed";
  message: string;
  /** Place in the inputs, where there is one. */
  path?: string;
  /** The resource; none when a stack rule cannot tell. */
  view?: View;
}

/** Parameter values by name. */
export type Parameters = Readonly<Record<string, unknown>>;

/** Text of an outcome, the same everywhere it is shown. */
export function describe(message: string, at?: Reader): string {
  return at ? `${message} (${at.path || "inputs"})` : message;
}

/** Runs checks so that an unknown value or a bug ends only one of them and is always recorded. */
class Scope {
  readonly outcomes: Outcome[] = [];

  constructor(
    private readonly rule: Rule,
    private readonly parameters: Parameters,
  ) {}

  parameter<T>(name: string): T {
    const schema = this.rule.parameters?.[name];
    if (!schema) throw new Error(`rule ${this.rule.id} has no parameter "${name}"`);
    return (this.parameters[name] ?? schema.default) as T;
  }

  report(view: View | undefined, message: string, at?: Reader): void {
    this.outcomes.push({ outcome: "violation", message: describe(message, at), path: at?.path, view });
  }

  run(view: View | undefined, check: () => void): void {
    try {
      check();
    } catch (error) {
      if (error instanceof Undecided) {
        const known = this.outcomes.some((other) => other.outcome === "undecidable" && other.path === error.path && other.view === view);
        if (known) return;
        const message = `cannot be decided before the update, because the value of "${error.path}" is unknown; it is enforced by the update`;
        this.outcomes.push({ outcome: "undecidable", message, path: error.path, view });
      } else {
        const reason = error instanceof Error ? error.message : String(error);
        this.outcomes.push({ outcome: "failed", message: `rule ${this.rule.id} failed and therefore counts as violated: ${reason}`, view });
      }
    }
  }
}

/** Runs a resource rule on one resource. Never throws. */
export function runResourceRule(rule: ResourceRule, view: View, parameters: Parameters = {}): Outcome[] {
  const scope = new Scope(rule, parameters);
  const subject: Subject = {
    view,
    props: view.props,
    report: (message, at) => scope.report(view, message, at),
    parameter: (name) => scope.parameter(name),
    each: (items, check) => {
      for (const item of items) scope.run(view, () => check(item));
    },
    scope: (check) => scope.run(view, check),
  };
  scope.run(view, () => rule.check(subject));
  return scope.outcomes;
}

/** Runs a stack rule on a stack. Never throws. */
export function runStackRule(rule: StackRule, index: StackIndex, parameters: Parameters = {}): Outcome[] {
  const scope = new Scope(rule, parameters);
  // The resource that eachView is at, which what is asked within is about.
  let current: View | undefined;
  const subject: StackSubject = {
    index,
    report: (view, message, at) => scope.report(view, message, at),
    parameter: (name) => scope.parameter(name),
    each: (items, check) => {
      for (const item of items) scope.run(current, () => check(item));
    },
    eachView: (items, check) => {
      const around = current;
      for (const item of items) {
        current = item.view;
        scope.run(current, () => check(item));
      }
      current = around;
    },
    scope: (check) => scope.run(current, check),
  };
  scope.run(undefined, () => rule.checkStack(subject));
  return scope.outcomes;
}
