import type { Reader } from "./reader";
import { viewsOf, type Resource, type View } from "./resource";
import { podOf, type Pod } from "../platforms/containers";

/** Everything stack rules ask for, worked out once per stack. */
export class StackIndex {
  readonly views: readonly View[];
  private readonly kinds = new Map<string, View[]>();
  private readonly memo = new Map<string, unknown>();

  /** @param resources all resources of the stack */
  constructor(resources: readonly Resource[]) {
    this.views = resources.flatMap((resource) => viewsOf(resource));
    for (const view of this.views) {
      const list = this.kinds.get(view.kind);
      if (list) list.push(view);
      else this.kinds.set(view.kind, [view]);
    }
  }

  /** The resources of these kinds. */
  ofKind(...kinds: readonly string[]): View[] {
    return kinds.flatMap((kind) => this.kinds.get(kind) ?? []);
  }

  /**
   * The resources of these kinds that may be in the same namespace as `view`: those that are, and those whose namespace is unknown.
   * Looking through the whole stack for every workload instead would take the square of its size.
   */
  around(view: View, ...kinds: readonly string[]): View[] {
    const byNamespace = this.once(`around ${kinds.join(" ")}`, () => {
      const map = new Map<string | undefined, View[]>();
      for (const other of this.ofKind(...kinds)) {
        const at = other.props.at("metadata", "namespace");
        const name = at.known ? (at.text() ?? "default") : undefined;
        const list = map.get(name);
        if (list) list.push(other);
        else map.set(name, [other]);
      }
      return map;
    });
    return [...(byNamespace.get(namespaceOf(view)) ?? []), ...(byNamespace.get(undefined) ?? [])];
  }

  /** The pods among {@link around}. */
  podsAround(view: View, kinds: readonly string[]): Pod[] {
    return this.around(view, ...kinds).map((other) => podOf(other)!);
  }

  /** The pods of these kinds. */
  pods(kinds: readonly string[]): Pod[] {
    return this.once(`pods ${kinds.join(" ")}`, () => this.ofKind(...kinds).map((view) => podOf(view)!));
  }

  /** A value computed on the first call and kept. */
  once<T>(key: string, compute: () => T): T {
    if (!this.memo.has(key)) this.memo.set(key, compute());
    return this.memo.get(key) as T;
  }
}

/** The namespace of a Kubernetes resource; unnamed is `default`. @throws Undecided */
export function namespaceOf(view: View): string {
  return view.props.at("metadata", "namespace").text() ?? "default";
}

/** The Kubernetes name of a resource. @throws Undecided */
export function nameOf(view: View): string {
  return view.props.at("metadata", "name").text() ?? view.name;
}

/**
 * Whether a Kubernetes label selector matches labels; an empty selector matches everything, a missing one nothing.
 * See the Kubernetes API's `LabelSelector`. @throws Undecided
 */
export function selects(selector: Reader, labels: Reader): boolean {
  if (!selector.exists) return false;
  for (const [key, value] of selector.at("matchLabels").entries()) {
    if (labels.at(key).text() !== value.text()) return false;
  }
  for (const expression of selector.at("matchExpressions").list()) {
    const actual = labels.at(expression.at("key").text() ?? "").text();
    const values = expression.at("values").texts();
    const operator = expression.at("operator").text();
    if (operator === "In" && (actual === undefined || !values.includes(actual))) return false;
    if (operator === "NotIn" && actual !== undefined && values.includes(actual)) return false;
    if (operator === "Exists" && actual === undefined) return false;
    if (operator === "DoesNotExist" && actual !== undefined) return false;
  }
  return true;
}

/** Whether a plain map selector (a Service's `spec.selector`) matches labels; an empty one matches nothing. @throws Undecided */
export function selectsPlainly(selector: Reader, labels: Reader): boolean {
  const entries = selector.entries();
  return entries.length > 0 && entries.every(([key, value]) => labels.at(key).text() === value.text());
}
