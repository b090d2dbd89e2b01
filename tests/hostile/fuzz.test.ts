import { createAuditDatabase } from "@sark/audit/testing";
import { expect, it } from "vitest";
import { programFile } from "../support/programs/program-file.ts";
import { runFuzz } from "./run-fuzz.ts";

it("whatever clients send: a documented response, no call without its intent, no secret, no fault, nothing left [GTW-12] [AUD-1]", async () => {
  const database = await createAuditDatabase();
  try {
    const report = await runFuzz({
      databaseUrl: database.url,
      program: programFile("gateway"),
      // The same cases each time: what others find is for `npm run fuzz`.
      seed: 23,
      groups: 160,
    });
    expect(report.failure).toBeNull();
    // It got everywhere: calls that run, and each way of refusing one.
    expect(report.calls).toBeGreaterThan(20);
    expect(Object.keys(report.reasons)).toEqual(
      expect.arrayContaining([
        "200",
        "malformed_request",
        "headers_too_large",
        "slow_client",
        "expectation_failed",
        "unauthenticated",
        "forbidden",
        "host_not_allowed",
        "origin_not_allowed",
        "not_found",
        "unsupported_media_type",
        "invalid_request",
        "unknown_server",
        "unknown_session",
        "method_not_allowed",
        "malformed_json",
        "duplicate_key",
        "broken_unicode",
        "too_deep",
        "header_mismatch",
        "batch_not_allowed",
        "invalid_params",
        "denied_by_policy",
      ]),
    );
  } finally {
    await database.drop();
  }
});
