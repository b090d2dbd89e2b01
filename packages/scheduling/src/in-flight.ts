/**
 * What is in flight: entered one after the other, left in any order, in constant time.
 *
 * Not a `Set`. V8 makes a new table for one whenever so many were added, also where as many were deleted, and the table before
 * points to it, with all that it had. Once a table was old enough for the old part of the heap, everything that passed through
 * the set after it outlives the collections of the young part: calls with all that belongs to them, and pauses of 10 ms and more.
 * A place that was left points to nothing.
 */
export interface InFlight<T> {
  readonly size: number;
  /** The one that is in it for the longest time. */
  readonly first: T | undefined;
  /** Returns its place, by which it leaves. */
  enter(item: T): Place<T>;
  /** `false` where it has left before. */
  leave(place: Place<T>): boolean;
  /** As of now, in the order in which they entered. */
  all(): T[];
}

/** Where something stands that is in flight. */
export interface Place<T> {
  readonly item: T;
  isTaken: boolean;
  before: Place<T> | null;
  after: Place<T> | null;
}

export function createInFlight<T>(): InFlight<T> {
  let first: Place<T> | null = null;
  let last: Place<T> | null = null;
  let size = 0;

  return {
    get size() {
      return size;
    },
    get first() {
      return first?.item;
    },
    enter(item) {
      const place: Place<T> = { item, isTaken: true, before: last, after: null };
      if (last === null) {
        first = place;
      } else {
        last.after = place;
      }
      last = place;
      size += 1;
      return place;
    },
    leave(place) {
      if (!place.isTaken) {
        return false;
      }
      const { before, after } = place;
      if (before === null) {
        first = after;
      } else {
        before.after = after;
      }
      if (after === null) {
        last = before;
      } else {
        after.before = before;
      }
      place.isTaken = false;
      place.before = null;
      place.after = null;
      size -= 1;
      return true;
    },
    all() {
      const items: T[] = [];
      for (let place = first; place !== null; place = place.after) {
        items.push(place.item);
      }
      return items;
    },
  };
}
