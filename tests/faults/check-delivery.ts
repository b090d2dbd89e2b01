import type pg from "pg";
import { createDestinationControl } from "@sark/audit/delivery";
import { POISON, type Receptions } from "./receivers.ts";

/** What arrived at one destination's receiver, and how orderly it has to be. */
export interface Arrivals {
  readonly destination: string;
  readonly receptions: Receptions;
  /** How many places an event may arrive ahead of one that has not. */
  readonly maxAhead: number;
}

export interface DeliveryFindings {
  readonly destination: string;
  /** Different events, and those that came again. */
  readonly received: number;
  readonly repetitions: number;
  readonly quarantined: number;
  /** The most places that an event arrived ahead of one that had not. */
  readonly mostAhead: number;
  readonly violations: readonly string[];
}

/** Events of the log at a time. */
const PAGE = 50_000;
/** Numbers that a violation names. */
const NAMED = 5;

/** Holds what a receiver got against the log, the quarantine and the destination's own figures. */
export async function checkDelivery(pool: pg.Pool, arrivals: Arrivals): Promise<DeliveryFindings> {
  const { destination, receptions, maxAhead } = arrivals;
  const { rows: refused } = await pool.query<{ seq: string; reason: string; canonical: string }>(
    "SELECT seq, reason, canonical FROM audit_quarantine WHERE destination = $1",
    [destination],
  );
  const quarantined = new Set(refused.map(({ seq }) => Number(seq)));
  const { lost, altered, events } = await compare(pool, receptions, quarantined);
  const { mostAhead, at } = disorder(receptions.seqs, quarantined);
  const violations = [
    ...complain("never arrived and do not stand in quarantine", lost),
    ...complain("arrived with another id than the log has", [...receptions.contradictions, ...altered]),
    ...complain(
      "arrived although the log does not have them",
      [...receptions.ids.keys()].filter((seq) => !(seq < events)),
    ),
    ...complain(
      "stand in quarantine without having been refused",
      refused
        .filter(({ reason, canonical }) => reason === "" || !canonical.includes(POISON))
        .map(({ seq }) => seq),
    ),
    ...(mostAhead > maxAhead ? [`event ${at} arrived ${mostAhead} places ahead of one that had not`] : []),
    ...(await sums(pool, destination, events, quarantined.size)),
  ];
  return {
    destination,
    received: receptions.ids.size,
    repetitions: receptions.seqs.length - receptions.ids.size,
    quarantined: quarantined.size,
    mostAhead,
    violations: violations.map((violation) => `${destination}: ${violation}`),
  };
}

async function compare(
  pool: pg.Pool,
  { ids }: Receptions,
  quarantined: ReadonlySet<number>,
): Promise<{ readonly lost: number[]; readonly altered: number[]; readonly events: number }> {
  const lost: number[] = [];
  const altered: number[] = [];
  for (let events = 0; ;) {
    const { rows } = await pool.query<{ id: string }>(
      "SELECT id FROM gateway_audit_events WHERE seq >= $1 ORDER BY seq LIMIT $2",
      [events, PAGE],
    );
    for (const [index, { id }] of rows.entries()) {
      const seq = events + index;
      const arrived = ids.get(seq);
      if (arrived === undefined && !quarantined.has(seq)) {
        lost.push(seq);
      }
      if (arrived !== undefined && arrived !== id) {
        altered.push(seq);
      }
    }
    events += rows.length;
    if (rows.length < PAGE) {
      return { lost, altered, events };
    }
  }
}

/** Of first arrivals; what never arrives holds nothing up. */
function disorder(
  seqs: readonly number[],
  quarantined: ReadonlySet<number>,
): { readonly mostAhead: number; readonly at: number } {
  const arrived = new Set(quarantined);
  let next = 0;
  let worst = { mostAhead: 0, at: -1 };
  for (const seq of seqs) {
    if (arrived.has(seq)) {
      continue;
    }
    while (arrived.has(next)) {
      next += 1;
    }
    if (seq - next > worst.mostAhead) {
      worst = { mostAhead: seq - next, at: seq };
    }
    arrived.add(seq);
  }
  return worst;
}

/** What the destination's row says of itself. */
async function sums(
  pool: pg.Pool,
  destination: string,
  events: number,
  quarantined: number,
): Promise<string[]> {
  const status = (await createDestinationControl(pool).status()).find(({ name }) => name === destination);
  const right =
    status?.addsUp === true &&
    status.written === events &&
    status.acknowledged === events - quarantined &&
    status.quarantined === quarantined &&
    status.discarded + status.purged + status.behind === 0;
  return right ? [] : [`its figures are ${JSON.stringify(status)}, of ${events} events`];
}

function complain(what: string, seqs: readonly (number | string)[]): string[] {
  if (seqs.length === 0) {
    return [];
  }
  const more = seqs.length > NAMED ? ", …" : "";
  return [`${seqs.length} events ${what}: ${seqs.slice(0, NAMED).join(", ")}${more}`];
}
