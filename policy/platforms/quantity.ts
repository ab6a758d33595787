const UNITS: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  "": 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A Kubernetes quantity as a number (cores or bytes); undefined when it is none. See the Kubernetes API's `resource.Quantity`. */
export function quantity(text: string | undefined): number | undefined {
  const match = /^\s*([0-9.]+(?:e[0-9]+)?)\s*([a-zA-Z]*)\s*$/.exec(text ?? "");
  const unit = match && UNITS[match[2]!];
  return unit === null || unit === undefined ? undefined : Number(match![1]) * unit;
}

const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600, d: 86400 };

/** A Go duration (`1m30s`) in seconds; undefined when it is none. */
export function seconds(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (text === "0") return 0;
  let total = 0;
  const rest = text.replace(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g, (_, amount: string, unit: string) => {
    total += Number(amount) * SECONDS[unit]!;
    return "";
  });
  return rest === "" ? total : undefined;
}
