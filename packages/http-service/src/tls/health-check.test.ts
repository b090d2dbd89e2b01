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

it("tells of a certificate in force that has ended, whatever has come meanwhile [HLT-1]", async () => {
  await expect(check(-2, -1)).rejects.toThrow("renew it");
  await expect(check(-2, -1, "cut off")).rejects.toThrow("renew it");
});

it("is well with a certificate that is valid, says when it ends, and degraded with older files [HLT-1]", async () => {
  const certificate_expires = new Date(now + 120 * HOUR).toISOString();
  expect(await check(-8_640, 120)).toEqual({ details: { certificate_expires } });
  expect(await check(-8_640, 120, "cut off")).toEqual({
    degraded: true,
    message: "older files of TLS are in force: cut off",
    details: { certificate_expires },
  });
});
