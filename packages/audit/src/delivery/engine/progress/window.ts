import type { Progress, Refused } from "../ports/progress.ts";
import type { Deliverable } from "../../domain/deliverable.ts";
import type { Delivered } from "../ports/ledger.ts";

/** Events under way in order of the log. The cursor moves only over what is settled, without holes. */
export interface Window<E extends Deliverable> {
  /** Adds the next events of the log; numbers that are missing before or between them count as purged. */
  add(events: readonly E[]): void;
  /** There are no more events below `to`. */
  skipTo(to: number): void;
  deliver(events: readonly E[], as: Delivered): void;
  quarantine(event: E, reason: string): void;
  /** What is new since the last `progress` that was `written`; `null` when nothing is. */
  progress(): Progress<E> | null;
  written(progress: Progress<E>): void;
  readonly events: number;
  readonly bytes: number;
  /** The oldest event that is not written down as settled. */
  oldest(): E | undefined;
}

interface Place<E> {
  readonly event: E;
  /** `undefined` while it is under way. */
  result: Delivered | { readonly refused: string } | undefined;
}

export function createWindow<E extends Deliverable>(cursor: number): Window<E> {
  /** By `seq`; a map keeps the order in which they were added. */
  const places = new Map<number, Place<E>>();
  let from = cursor;
  let end = cursor;
  let bytes = 0;

  function settle(event: E, result: Place<E>["result"]): void {
    const place = places.get(event.seq);
    if (place !== undefined) {
      place.result = result;
    }
  }

  return {
    add(events) {
      for (const event of events) {
        places.set(event.seq, { event, result: undefined });
        bytes += event.size;
        end = event.seq + 1;
      }
    },
    skipTo: (to) => void (end = Math.max(end, to)),
    deliver: (events, as) => events.forEach((event) => settle(event, as)),
    quarantine: (event, reason) => settle(event, { refused: reason }),
    progress() {
      let to = end;
      const delivered = { acknowledged: 0, sent: 0 };
      const quarantined: Refused<E>[] = [];
      for (const { event, result } of places.values()) {
        if (result === undefined) {
          to = event.seq;
          break;
        }
        if (typeof result === "string") {
          delivered[result] += 1;
        } else {
          quarantined.push({ event, reason: result.refused });
        }
      }
      const purged = to - from - delivered.acknowledged - delivered.sent - quarantined.length;
      return to === from ? null : { from, to, ...delivered, purged, quarantined };
    },
    written({ to }) {
      for (const [seq, { event }] of places) {
        if (seq >= to) {
          break;
        }
        places.delete(seq);
        bytes -= event.size;
      }
      from = to;
    },
    get events() {
      return places.size;
    },
    get bytes() {
      return bytes;
    },
    oldest: () => places.values().next().value?.event,
  };
}
