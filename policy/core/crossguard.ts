import type { Policies, PolicyResource, ResourceValidationArgs, StackValidationArgs } from "@pulumi/policy";
import { exemptionFindings, toFinding, type Finding } from "./evaluate";
import { EXEMPTION_POLICY, ExemptionRegister } from "./exemptions";
import { viewsOf, type Resource, type View } from "./resource";
import { isStackRule, type ResourceRule, type Rule, type StackRule } from "./rule";
import { runResourceRule, runStackRule } from "./run-rule";
import type { Level, ResolvedSettings } from "./settings";
import { StackIndex } from "./stack-index";
import { unwrap } from "./unknown";

/** Where the page of a rule is, relative to the project. */
export function pageOf(rule: Rule): string {
  return `docs/policies-${rule.group}.md#${rule.id}`;
}

/**
 * CrossGuard's reporter also takes an object that sets the level of one report, which is what keeps an undecidable value an advisory
 * while the rule is mandatory. The published types know only the text form.
 */
type ReportObject = (report: { message: string; urn?: string; enforcementLevel: Level }) => void;

function send(report: unknown, finding: Finding): void {
  // The level of a violation is Pulumi's to set (a preset or its own configuration); only the fixed ones are spelled out.
  const fixed = finding.outcome !== "violation" || finding.rule === EXEMPTION_POLICY;
  const message =
    finding.outcome === "violation" || finding.outcome === "exempted" ? finding.message : `${finding.outcome}: ${finding.message}`;
  if (fixed) (report as ReportObject)({ message, urn: finding.urn || undefined, enforcementLevel: finding.level });
  else (report as (message: string, urn?: string) => void)(message, finding.urn || undefined);
}

function resourceOf(args: ResourceValidationArgs | PolicyResource): Resource {
  const parent = "dependencies" in args ? args.parent?.urn : args.opts.parent;
  return { type: args.type, name: args.name, urn: args.urn, props: unwrap(args.props), protect: args.opts.protect, parent };
}

/**
 * Resources of a run: CrossGuard hands each stack policy its own copy, this keeps the index of the first for the others. Stack policies
 * get outputs, which in a preview are unknown even where the program wrote a value; so the inputs seen before are used instead.
 */
class StackRun {
  private readonly inputs = new Map<string, Resource>();
  private index: StackIndex | undefined;
  private readonly served = new Set<string>();
  private size = -1;

  /** Takes note of a resource's inputs. */
  see(resource: Resource): void {
    this.inputs.set(resource.urn!, resource);
  }

  /** The index for `policy`. A policy asking twice, or another number of resources, means that a new run has begun. */
  of(policy: string, args: StackValidationArgs): StackIndex {
    if (!this.index || this.served.has(policy) || this.size !== args.resources.length) {
      this.index = new StackIndex(args.resources.map((resource) => this.inputs.get(resource.urn) ?? resourceOf(resource)));
      this.served.clear();
      this.size = args.resources.length;
    }
    this.served.add(policy);
    return this.index;
  }

  /** Forgets the run: nothing of it is needed until the next. */
  end(): void {
    this.index = undefined;
    this.served.clear();
    this.inputs.clear();
  }
}

/**
 * The views of the resource under analysis. CrossGuard asks policy after policy about one resource, so what the first worked out is kept
 * for the others: as long as the urn stays the same and the policies come in their order. Anything else is a new request.
 */
class Current {
  private urn: string | undefined;
  private last = -1;
  private views: View[] = [];

  constructor(private readonly begin: (resource: Resource, views: View[]) => void) {}

  /** The views for the policy at `position`. */
  of(args: ResourceValidationArgs, position: number): View[] {
    if (args.urn !== this.urn || position <= this.last) {
      const resource = resourceOf(args);
      this.views = viewsOf(resource);
      this.urn = args.urn;
      this.begin(resource, this.views);
    }
    this.last = position;
    return this.views;
  }
}

function describeFix(rule: Rule): string {
  return `${rule.fix}\n\n${rule.example}`;
}

function parametersOf(rule: Rule, settings: ResolvedSettings, args: { getConfig<T extends object>(): T }): Record<string, unknown> {
  return { ...settings.parameters(rule), ...args.getConfig<Record<string, unknown>>() };
}

/**
 * The rules as CrossGuard policies, one each, so that levels and parameters are set by Pulumi's own `--policy-pack-config`; and one more
 * that lists exemptions, which has to stay last because it needs to know which were used.
 */
export function toPolicies(rules: readonly Rule[], settings: ResolvedSettings): Policies {
  const known = new Set(rules.map((rule) => rule.id));
  const register = new ExemptionRegister(known);
  const run = new StackRun();
  const current = new Current((resource, views) => {
    run.see(resource);
    for (const view of views) register.add(view);
  });
  const about = (rule: Rule) => ({
    name: rule.id,
    displayName: rule.title,
    description: rule.title,
    enforcementLevel: settings.level(rule),
    severity: rule.severity,
    tags: [rule.group, ...(rule.frameworks ?? [])],
    remediationSteps: describeFix(rule),
    url: pageOf(rule),
    ...(rule.parameters ? { configSchema: { properties: rule.parameters as Record<string, object> } } : {}),
  });
  const ofResource = (rule: ResourceRule, position: number) => {
    const kinds = new Set(rule.kinds);
    return {
      ...about(rule),
      validateResource: (args: ResourceValidationArgs, report: unknown) => {
        for (const view of current.of(args, position)) {
          if (!kinds.has(view.kind)) continue;
          for (const found of runResourceRule(rule, view, parametersOf(rule, settings, args))) {
            send(report, toFinding(rule, found, settings.level(rule), register));
          }
        }
      },
    };
  };
  const ofStack = (rule: StackRule) => ({
    ...about(rule),
    validateStack: (args: StackValidationArgs, report: unknown) => {
      const index = run.of(rule.id, args);
      for (const view of index.views) register.add(view);
      for (const found of runStackRule(rule, index, parametersOf(rule, settings, args))) {
        send(report, toFinding(rule, found, settings.level(rule), register));
      }
    },
  });
  const exemptions = {
    name: EXEMPTION_POLICY,
    displayName: "Exemptions are well-formed, current and needed",
    description: "Exemptions name an existing rule and a reason, have not expired and are needed.",
    enforcementLevel: "mandatory" as const,
    severity: "medium" as const,
    validateStack: (args: StackValidationArgs, report: unknown) => {
      for (const view of run.of(EXEMPTION_POLICY, args).views) register.add(view);
      for (const finding of exemptionFindings(register)) send(report, finding);
      run.end();
    },
  };
  return [...rules.map((rule, position) => (isStackRule(rule) ? ofStack(rule) : ofResource(rule, position))), exemptions];
}
