import type { Settings } from "../options";
import type { RuleGroup } from "../rules";
import { expiryAlerts } from "./expiry";
import { SHOWN_UNTIL } from "./probes";

/** Hours of failed attempts that are no short outage of the authority's any more: about nine attempts, at growing distances. */
const FAILING_HOURS = 6;

/** Minutes within which an authority that works has issued. */
const ISSUED_MINUTES = 15;

const BY_CERTIFICATE = "by (tier, workload, certificate)";

/** Ends of the certificates that addresses show, by the name that is asked. */
const SHOWN_OF_NAME = `label_replace(${SHOWN_UNTIL}, "certificate", "$1", "instance", "https?://([^:/]+).*")`;

/** What the service tells that gets certificates from an ACME authority, whichever balancer they are for. A certificate goes by its first name. */
export function certificates({ thresholds }: Settings): RuleGroup {
  return {
    name: "certificates",
    rules: [
      {
        alert: "AcmeFails",
        expr: `max ${BY_CERTIFICATE} (acme_failures) > 0`,
        forSeconds: FAILING_HOURS * 3600,
        severity: "warning",
        summary: "No certificate can be had for {{ $labels.certificate }}",
        description: `The last {{ $value }} attempts to get a certificate for {{ $labels.certificate }} have failed, in ${FAILING_HOURS} h and more. One that is there serves until its end. The log of {{ $labels.workload }} says why.`,
      },
      {
        alert: "AcmeCertificateMissing",
        expr: `max ${BY_CERTIFICATE} (acme_certificate_present) == 0`,
        forSeconds: ISSUED_MINUTES * 60,
        severity: "critical",
        summary: "{{ $labels.certificate }} has no certificate that browsers take",
        description: `The ACME authority has not issued for {{ $labels.certificate }} in ${ISSUED_MINUTES} min. The own authority's certificate serves, which browsers refuse. The log of {{ $labels.workload }} says why.`,
      },
      ...expiryAlerts(
        {
          alert: "AcmeCertificateExpires",
          // Of a name that is asked as a user would the answer is what counts: the certificate that is shown.
          left: `(min ${BY_CERTIFICATE} (acme_certificate_not_after_timestamp_seconds) unless on (certificate) ${SHOWN_OF_NAME}) - time()`,
          of: "{{ $labels.certificate }}",
          which: "The last certificate that {{ $labels.workload }} has got for {{ $labels.certificate }}",
        },
        thresholds.certificateDays,
      ),
    ],
  };
}
