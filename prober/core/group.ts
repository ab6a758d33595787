import { judge, newcomer, type Finding, type Replica, type Rhythm, type Standing } from "./replica";

/** Seconds for which a replica that DNS names no more is remembered: DNS servers may differ for a moment. */
export const REMEMBERED_SECONDS = 10;

/** A replica that DNS names, or named until lately. */
export interface Member extends Replica {
  /** Since when DNS does not name it; such a replica is not probed. */
  gone?: number;
}

/** The replicas of one name and port, by address. */
export type Group = ReadonlyMap<string, Member>;

/** Addresses that are given, and whether that is because there is none to be preferred. */
export interface Choice {
  addresses: string[];
  /** Every replica fails, so all are given: a wrong verdict must not take a service away that may still answer. */
  failOpen: boolean;
}

/** IP versions: DNS answers for each on its own. */
export type Family = 4 | 6;

const familyOf = (address: string): Family => (address.includes(":") ? 6 : 4);

function back(member: Member, now: number): Member {
  const { gone, ...replica } = member;
  return gone === undefined ? member : { ...replica, due: now };
}

/**
 * The group after an answer of DNS. Who is new or comes back is asked at once; who has been away for long is forgotten.
 * @param addresses every address of the name in one family
 */
export function named(group: Group, addresses: readonly string[], family: Family, now: number): Group {
  const next = new Map<string, Member>();
  for (const [address, member] of group) {
    if (addresses.includes(address)) next.set(address, back(member, now));
    else {
      const gone = member.gone ?? (familyOf(address) === family ? now : undefined);
      if (gone === undefined) next.set(address, member);
      else if (now - gone <= REMEMBERED_SECONDS) next.set(address, { ...member, gone });
    }
  }
  for (const address of addresses) if (!next.has(address)) next.set(address, newcomer(now));
  return next;
}

/** Which of the addresses to give: those that work; if there is none, those not judged yet; if there is none either, all. */
export function choose(addresses: readonly string[], standing: (address: string) => Standing): Choice {
  for (const wanted of ["in", "unproven"] as const) {
    const found = addresses.filter((address) => standing(address) === wanted);
    if (found.length > 0) return { addresses: found, failOpen: false };
  }
  return { addresses: [...addresses], failOpen: addresses.length > 0 };
}

/** The worst of several standings, for a name that is checked on several ports. */
export function worst(standings: readonly Standing[]): Standing {
  if (standings.includes("out")) return "out";
  return standings.includes("unproven") ? "unproven" : "in";
}

/**
 * The group after a probe. Where none was left and one works again, what they all lacked is probably back, so the others are asked at
 * once instead of at the end of their backoff: otherwise that one would carry the load of all.
 * @param random 0 (inclusive) to 1 (exclusive), for the jitter of a backoff
 */
export function probed(group: Group, address: string, finding: Finding, rhythm: Rhythm, now: number, random: number): Group {
  const before = group.get(address);
  if (!before) return group;
  const after: Member = { ...before, ...judge(before, finding, rhythm, now, random) };
  const next = new Map(group).set(address, after);
  const noneLeft = [...group.values()].every(({ standing, gone }) => standing !== "in" || gone !== undefined);
  if (!noneLeft || after.standing !== "in") return next;
  for (const [other, member] of next) if (member.standing === "out") next.set(other, { ...member, due: now });
  return next;
}

/** Replicas that are to be asked now, and when the next of the others is (Infinity: none is). @param asked those that are being asked */
export function due(group: Group, now: number, asked: ReadonlySet<string>): { addresses: string[]; next: number } {
  const waiting = [...group].filter(([address, { gone }]) => gone === undefined && !asked.has(address));
  const addresses = waiting.filter(([, member]) => member.due <= now).map(([address]) => address);
  return { addresses, next: Math.min(Infinity, ...waiting.map(([, member]) => member.due).filter((time) => time > now)) };
}
