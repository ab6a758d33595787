import { askedAddresses, type Probing } from "../config";
import type { Settings } from "../options";
import type { RuleGroup } from "../rules";
import { expiryAlerts } from "./expiry";

/**
 * Until when the certificate is valid that each balancer shows for an address, seconds since 1970. Of one that does not verify nothing is told, and
 * one that has ended does not: so what was told last counts for a day, as long as that balancer is asked.
 */
export const SHOWN_UNTIL = "(last_over_time(probe_ssl_earliest_cert_expiry[1d]) and on (instance, replica) probe_success)";

/**
 * 1 for each address that nobody can be asked for, because no balancer is found by its name: `probe_success` says nothing then. Where balancers are
 * found and the blackbox exporter is away, `up` is there and 0.
 */
function nobodyAsked({ blackbox, options }: Probing): string[] {
  return askedAddresses(options).map(
    (address) => `absent(up{tier="observability",workload="${blackbox.fullName}",instance=${JSON.stringify(address)}})`,
  );
}

/** The public addresses as a user sees them. @param probing who asks at which; none where nobody does */
export function probes({ thresholds }: Settings, probing: Probing | undefined): RuleGroup {
  return {
    name: "probes",
    rules: [
      {
        alert: "AddressDown",
        // One rule: the last balancer mostly fails first and is gone then, which is one outage.
        expr: ["max by (tier, workload, instance) (probe_success) == 0", ...(probing ? nobodyAsked(probing) : [])].join(" or "),
        forSeconds: 30,
        severity: "critical",
        summary: "{{ $labels.instance }} cannot be used",
        description:
          "{{ if eq $value 0.0 }}{{ $labels.instance }} has not been answered with a success, asked as a user would over every balancer{{ else }}No balancer is found that could answer for {{ $labels.instance }}{{ end }}, for 30 s.",
      },
      {
        alert: "BalancerReplicaFails",
        expr: "probe_success == 0 unless on (instance) max by (instance) (probe_success) == 0",
        forSeconds: 60,
        severity: "warning",
        summary: "A balancer does not answer for {{ $labels.instance }}",
        description:
          "{{ $labels.instance }} has failed for 60 s when asked through the balancer at {{ $labels.replica }}; through others it works.",
      },
      ...expiryAlerts(
        {
          alert: "CertificateExpires",
          left: `min by (tier, workload, instance) (${SHOWN_UNTIL}) - time()`,
          of: "{{ $labels.instance }}",
          which: "The certificate that {{ $labels.instance }} shows",
        },
        thresholds.certificateDays,
      ),
    ],
  };
}
