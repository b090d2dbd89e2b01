import { expect, it } from "vitest";
import { tlsCheck } from "./health-check.ts";

const HOUR = 3_600_000;
const now = Date.now();
const check = (from: number, to: number, problem: string | null = null) =>
  Promise.resolve(
    tlsCheck({ status: () => ({ problem, period: { from: now + from * HOUR, to: now + to * HOUR } }) }).check(
      new AbortController().signal,
    ),
  );

it.each([
  ["of a year, in the last three days", -8_700, 71],
  ["of an hour, in its last minutes", -0.95, 0.05],
  ["that has ended", -2, -1],
])("tells of a certificate %s [HLT-1]", async (_what, from, to) => {
  await expect(check(from, to)).rejects.toThrow("renew it");
});

it.each([
  ["of a year, five days before", -8_640, 120],
  ["of an hour, as long as it is renewed in time", -0.5, 0.5],
])("is well with a certificate %s, and says when it ends [HLT-1]", async (_what, from, to) => {
  const certificate_expires = new Date(now + to * HOUR).toISOString();
  expect(await check(from, to)).toEqual({ details: { certificate_expires } });
  expect(await check(from, to, "cut off")).toMatchObject({
    message: "older files of TLS are in force: cut off",
  });
});
