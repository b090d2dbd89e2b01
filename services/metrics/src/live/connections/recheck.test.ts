import { expect, it, vi } from "vitest";
import { createRecheck } from "./recheck.ts";

it("ends connections whose credentials cannot be told about for too long, without asking for each of them [SVC-1]", async () => {
  let now = 1_000;
  let isAway = false;
  const stillGood = vi.fn<() => Promise<boolean>>(async () => {
    if (isAway) {
      throw new Error("the database is away");
    }
    return true;
  });
  const connection = (openedAt: number) => ({ stillGood, openedAt, end: vi.fn<() => void>() });
  const [old, other] = [connection(0), connection(0)];
  const connections = new Set([old, other]);
  const recheck = createRecheck({ connections, maxUnknownMs: 60_000, now: () => now });
  await recheck();
  isAway = true;
  stillGood.mockClear();
  now += 60_000;
  const young = connection(now);
  connections.add(young);
  await recheck();
  expect(stillGood).toHaveBeenCalledTimes(1);
  expect(old.end).not.toHaveBeenCalled();
  now += 1;
  await recheck();
  expect([old, other].map(({ end }) => end.mock.calls)).toEqual([
    [["credential_unknown"]],
    [["credential_unknown"]],
  ]);
  expect(young.end).not.toHaveBeenCalled();
});
