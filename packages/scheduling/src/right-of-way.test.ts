import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { createRightOfWay } from "./right-of-way.ts";

/** Nothing stops to be short, and nothing has waited long enough, unless the clock says so. */
function withClock() {
  const clock = { now: 0 };
  const way = createRightOfWay({ maxWaitMs: 1_000, shortMs: 100, now: () => clock.now });
  return { clock, way };
}

/** Does its pieces, and says when. */
async function pieces(
  way: ReturnType<typeof createRightOfWay>,
  source: string,
  count: number,
  done: string[],
): Promise<void> {
  const work = way.longWork(source);
  for (let at = 1; at <= count; at += 1) {
    await work.turn();
    done.push(`${source}${at}`);
  }
}

async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at += 1) {
    await nextTurn();
  }
}

it("lets one piece go in each turn of the event loop, sources in turn whatever each brings", async () => {
  const { way } = withClock();
  const done: string[] = [];
  const all = [pieces(way, "a", 2, done), pieces(way, "a", 2, done), pieces(way, "b", 2, done)];
  await nextTurn();
  expect(done).toEqual(["a1"]);
  await nextTurn();
  expect(done).toEqual(["a1", "b1"]);
  await Promise.all(all);
  expect(done).toEqual(["a1", "b1", "a1", "b2", "a2", "a2"]);
});

it("has long work wait while short work of another source is under way, and not for its own", async () => {
  const { way } = withClock();
  const done: string[] = [];
  const ends = [way.begin("short"), way.begin("short")];
  way.begin("own");
  const all = [pieces(way, "long", 1, done), pieces(way, "own", 1, done)];
  await turns(5);
  expect(done).toEqual([]);
  ends[0]?.();
  await turns(5);
  expect(done).toEqual([]);
  ends[1]?.();
  // What `own` has under way keeps the others waiting still.
  await all[1];
  expect(done).toEqual(["own1"]);
});

it("waits no longer than it may, in all its turns together", async () => {
  const { way, clock } = withClock();
  const done: string[] = [];
  const work = way.longWork("long");
  for (let at = 0; at < 4; at += 1) {
    const end = way.begin("short");
    const turn = work.turn().then(() => done.push(`${at}`));
    clock.now += 90;
    await turns(5);
    end();
    await turn;
  }
  // 360 ms of a thousand are spent. Short work comes again and again, and none of it lasts.
  let since = clock.now;
  const turn = work.turn().then(() => done.push("last"));
  while (done.at(-1) !== "last") {
    const end = way.begin("short");
    clock.now += 10;
    await turns(2);
    end();
    way.begin("other");
    await turns(1);
  }
  await turn;
  since = clock.now - since;
  expect(since).toBeGreaterThanOrEqual(630);
  expect(since).toBeLessThanOrEqual(700);
});

it("counts as waiting what it waits for short work that has begun after it asked", async () => {
  const { way, clock } = withClock();
  const work = way.longWork("long");
  for (let at = 0; at < 12; at += 1) {
    const turn = work.turn();
    const end = way.begin("short");
    await turns(1);
    clock.now += 90;
    end();
    await turn;
  }
  // A thousand are spent.
  const turn = work.turn();
  way.begin("short");
  await expect(turn).resolves.toBeUndefined();
});

it("lets go what has waited long enough, whatever others wait for", async () => {
  const clock = { now: 0 };
  const way = createRightOfWay({ maxWaitMs: 60_000, shortMs: 120_000, now: () => clock.now });
  const other = way.longWork("other");
  const spent = way.longWork("spent");
  const end = way.begin("short");
  const turn = spent.turn();
  await turns(2);
  clock.now = 59_999;
  end();
  await turn;
  way.begin("short");
  let isOtherDone = false;
  void other.turn().then(() => (isOtherDone = true));
  await turns(3);
  const last = spent.turn();
  await turns(3);
  clock.now += 1;
  await last;
  expect(isOtherDone).toBe(false);
});

it("does not wait for what has been under way for longer than short work is", async () => {
  const { way, clock } = withClock();
  way.begin("stuck");
  clock.now = 99;
  const done: string[] = [];
  const all = pieces(way, "long", 1, done);
  await turns(5);
  expect(done).toEqual([]);
  clock.now = 100;
  await all;
  expect(done).toEqual(["long1"]);
});

it("knows whether others had short work a moment ago", () => {
  const { way, clock } = withClock();
  const [a, b] = [way.longWork("a"), way.longWork("b")];
  expect(a.hasNeighbours).toBe(false);
  way.begin("a")();
  expect([a.hasNeighbours, b.hasNeighbours]).toEqual([false, true]);
  way.begin("b")();
  way.begin("b")();
  expect([a.hasNeighbours, b.hasNeighbours]).toEqual([true, true]);
  clock.now = 1_001;
  expect([a.hasNeighbours, b.hasNeighbours]).toEqual([false, false]);
});
