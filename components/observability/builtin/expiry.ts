import type { AlertRule } from "../rules";

/** Days before its end at which a certificate becomes urgent. */
const URGENT_DAYS = 3;

/** What is left of a certificate's time as people read it; also after its end. */
const LEFT =
  "{{ if gt $value 0.0 }}ends in {{ $value | humanizeDuration }}; after that browsers refuse{{ else }}has ended; browsers refuse{{ end }}";

/** Certificates that may end. */
export interface Expiry {
  /** Name of the warning; the urgent alert's ends in `Now`. */
  alert: string;
  /** PromQL: seconds left. */
  left: string;
  /** Whose certificate it is; templates allowed. */
  of: string;
  /** Which certificate it is, at the start of a sentence; templates allowed. */
  which: string;
}

/** A warning that a certificate ends within so many days, and an urgent alert when it is about to end or has. */
export function expiryAlerts({ alert, left, of, which }: Expiry, days: number): AlertRule[] {
  const description = `${which} ${LEFT} the site.`;
  return [
    {
      alert,
      expr: `(${left} < ${days} * 86400) > ${URGENT_DAYS} * 86400`,
      forSeconds: 60,
      severity: "warning",
      summary: `The certificate of ${of} ends soon`,
      description,
    },
    {
      alert: `${alert}Now`,
      expr: `${left} <= ${URGENT_DAYS} * 86400`,
      forSeconds: 0,
      severity: "critical",
      summary: `The certificate of ${of} is about to end`,
      description,
    },
  ];
}
