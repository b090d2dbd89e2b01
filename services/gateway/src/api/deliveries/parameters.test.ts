import { describe, expect, it } from "vitest";
import { HttpError } from "../../transport/errors.ts";
import { parseDiscard, parseFlush, parsePause, parseQuarantineQuery, parseReplay } from "./parameters.ts";

describe("what the deliveries' API takes", () => {
  it.each([
    [parsePause, { reason: " maintenance " }, { reason: "maintenance" }],
    [parseFlush, {}, { wait_ms: 10_000 }],
    [parseQuarantineQuery, { cursor: "7", limit: "100" }, { cursor: 7, limit: 100 }],
    [parseQuarantineQuery, {}, { limit: 20 }],
    [parseReplay, { seqs: [0, 7] }, { seqs: [0, 7] }],
    [parseReplay, { all: true }, { all: true }],
    [parseDiscard, { all: true, reason: "of a test" }, { all: true, reason: "of a test" }],
  ])("%o: %j", (parse, input, output) => {
    expect(parse(input)).toEqual(output);
  });

  it.each([
    [parsePause, {}, "reason"],
    [parsePause, { reason: " " }, "reason"],
    [parsePause, { reason: "x".repeat(1_001) }, "reason"],
    [parsePause, { reason: "x", colour: 1 }, "colour"],
    [parsePause, "x", "body"],
    [parseFlush, { wait_ms: 60_001 }, "wait_ms"],
    [parseFlush, { wait_ms: "5" }, "wait_ms"],
    [parseQuarantineQuery, { limit: "0" }, "limit"],
    [parseQuarantineQuery, { limit: "101" }, "limit"],
    [parseQuarantineQuery, { limit: "1e2" }, "limit"],
    [parseQuarantineQuery, { cursor: "-1" }, "cursor"],
    [parseQuarantineQuery, { cursor: ["1", "2"] }, "cursor"],
    [parseReplay, {}, "seqs"],
    [parseReplay, { seqs: [1], all: true }, "seqs"],
    [parseReplay, { seqs: [] }, "seqs"],
    [parseReplay, { seqs: [1.5] }, "seqs.0"],
    [parseReplay, { seqs: Array.from({ length: 1_001 }, (_, at) => at) }, "seqs"],
    [parseReplay, { all: false }, "all"],
    [parseDiscard, { all: true }, "reason"],
  ])("%o refuses %j, naming %s", (parse, input, field) => {
    expect(() => parse(input)).toThrow(
      expect.objectContaining({ status: 400, code: "invalid_request", field }),
    );
    expect(() => parse(input)).toThrow(HttpError);
  });
});
