import { expect, it } from "vitest";
import { createCallerShares } from "./caller-shares.ts";

const MiB = 1024 * 1024;
const LIMITS = {
  maxRequestsPerCaller: 2,
  maxBufferedBytes: 150 * MiB,
  maxBufferedBytesPerCaller: 100 * MiB,
};

it("bounds what one caller holds, and what all hold together", () => {
  const shares = createCallerShares(LIMITS);
  const [first, second] = [shares.open("a"), shares.open("a")];
  expect(() => shares.open("a")).toThrow(expect.objectContaining({ status: 429, code: "too_many_requests" }));
  first.take(100 * MiB);
  expect(() => second.take(1 * MiB)).toThrow(expect.objectContaining({ status: 429 }));
  const other = shares.open("b");
  expect(() => other.take(51 * MiB)).toThrow(expect.objectContaining({ status: 503, code: "overloaded" }));
  other.take(50 * MiB);
  first.release();
  second.take(100 * MiB);
  shares.open("a").take(0);
});

it("takes nothing for a request that has ended, however late it asks", () => {
  const shares = createCallerShares(LIMITS);
  for (let turn = 0; turn < 100; turn += 1) {
    const released = shares.open("a");
    released.take(10 * MiB);
    released.release();
    released.take(100 * MiB);
    released.release();
  }
  const share = shares.open("a");
  share.take(100 * MiB);
  expect(() => shares.open("a")).not.toThrow();
});

it("lets a caller hold no more than is free, and always a little", () => {
  const shares = createCallerShares({
    maxRequestsPerCaller: 10,
    maxBufferedBytes: 8 * MiB,
    maxBufferedBytesPerCaller: 8 * MiB,
  });
  const [hog, other, third] = [shares.open("hog"), shares.open("other"), shares.open("third")];
  hog.take(4 * MiB);
  expect(() => hog.take(1)).toThrow("too large together");
  other.take(2 * MiB);
  expect(() => third.take(2 * MiB + 1)).toThrow("too large together");
  third.take(2 * MiB);
  shares.open("fourth").take(MiB / 4);
  expect(() => shares.open("fifth").take(MiB / 4 + 1)).toThrow("try again");
  expect(shares.buffered).toBe(8.25 * MiB);
});
