import { checkService } from "../config/load";
import { parseLabels } from "../config/labels";
import { policyOf } from "../config/policy";
import { type ServiceSettings, type Settings } from "../config/settings";
import { type ServicePolicy } from "../core/policy";
import { type ManagedService } from "../targets/target";

interface Checked {
  readonly labels: string;
  readonly own: ServiceSettings | undefined;
  readonly problems: readonly string[];
}

/** A service's own settings: its labels over what is configured. Read again only when its labels have changed. */
export class OwnSettings {
  private readonly checked = new Map<string, Checked>();
  private readonly policies = new WeakMap<ServiceSettings, ServicePolicy>();

  constructor(private readonly settings: Settings) {}

  /** @param problems what is wrong with them is added, each time that they are asked for @returns undefined if it is not to be scaled */
  of(service: ManagedService, problems: string[]): ServiceSettings | undefined {
    const ours = Object.entries(service.labels).filter(([label]) => label.startsWith("autoscaler."));
    const labels = JSON.stringify(ours);
    let checked = this.checked.get(service.name);
    if (checked?.labels !== labels) {
      const found: string[] = [];
      checked = { labels, own: this.check(service, found), problems: found };
      this.checked.set(service.name, checked);
    }
    problems.push(...checked.problems);
    return checked.own;
  }

  /** The policy at a time; only schedules make one time different from another. */
  policy(own: ServiceSettings, time: number): ServicePolicy {
    if ((own.schedules ?? []).length > 0) return policyOf(this.settings, own, time);
    const known = this.policies.get(own) ?? policyOf(this.settings, own, time);
    this.policies.set(own, known);
    return known;
  }

  /** Forgets services that are gone. */
  keep(services: ReadonlySet<string>): void {
    for (const name of this.checked.keys()) if (!services.has(name)) this.checked.delete(name);
  }

  private check(service: ManagedService, problems: string[]): ServiceSettings | undefined {
    const labels = parseLabels(service.labels, service.name, problems, this.settings);
    const configured = Object.hasOwn(this.settings.services, service.name) ? this.settings.services[service.name] : undefined;
    if (configured?.enable === false) return undefined;
    return checkService({ ...configured, ...labels }, service.name, problems, this.settings);
  }
}
