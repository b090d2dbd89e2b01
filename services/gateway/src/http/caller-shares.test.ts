import { expect, it } from "vitest";
import { createCallerShares } from "./caller-shares.ts";

const LIMITS = { maxRequestsPerCaller: 2, maxBufferedBytes: 150, maxBufferedBytesPerCaller: 100 };

it("bounds what one caller holds, and what all hold together", () => {
  const shares = createCallerShares(LIMITS);
  const [first, second] = [shares.open("a"), shares.open("a")];
  expect(() => shares.open("a")).toThrow(expect.objectContaining({ status: 429, code: "too_many_requests" }));
  first.take(100);
  expect(() => second.take(1)).toThrow(expect.objectContaining({ status: 429 }));
  const other = shares.open("b");
  expect(() => other.take(51)).toThrow(expect.objectContaining({ status: 503, code: "overloaded" }));
  other.take(50);
  first.release();
  second.take(100);
  shares.open("a").take(0);
});

it("takes nothing for a request that has ended, however late it asks", () => {
  const shares = createCallerShares(LIMITS);
  for (let turn = 0; turn < 100; turn += 1) {
    const gone = shares.open("a");
    gone.take(10);
    gone.release();
    gone.take(100);
    gone.release();
  }
  const share = shares.open("a");
  share.take(100);
  expect(() => shares.open("a")).not.toThrow();
});
