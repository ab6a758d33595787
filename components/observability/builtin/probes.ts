import type { Settings } from "../options";
import type { RuleGroup } from "../rules";

/** Days before its end at which a certificate becomes urgent. */
const URGENT_DAYS = 3;

/** The public addresses as a user sees them. */
export function probes({ thresholds }: Settings): RuleGroup {
  const left = "min by (tier, workload, instance) (probe_ssl_earliest_cert_expiry) - time()";
  const expires = (days: number) => `${left} < ${days} * 86400`;
  const description =
    "The certificate that {{ $labels.instance }} shows ends in {{ $value | humanizeDuration }}; after that browsers refuse the site.";
  return {
    name: "probes",
    rules: [
      {
        alert: "AddressDown",
        expr: "max by (tier, workload, instance) (probe_success) == 0",
        forSeconds: 30,
        severity: "critical",
        summary: "{{ $labels.instance }} cannot be used",
        description: "{{ $labels.instance }} has not been answered with a success, asked as a user would over every balancer, for 30 s.",
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
      {
        alert: "CertificateExpires",
        expr: `(${expires(thresholds.certificateDays)}) > ${URGENT_DAYS} * 86400`,
        forSeconds: 60,
        severity: "warning",
        summary: "The certificate of {{ $labels.instance }} ends soon",
        description,
      },
      {
        alert: "CertificateExpiresNow",
        expr: `(${left}) <= ${URGENT_DAYS} * 86400`,
        forSeconds: 0,
        severity: "critical",
        summary: "The certificate of {{ $labels.instance }} is about to end",
        description,
      },
    ],
  };
}
