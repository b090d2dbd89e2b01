import { parseInput } from "@sark/http-api";
import { describe, expect, it } from "vitest";
import { discardBody, flushBody, pauseBody, quarantineQuery, replayBody } from "./parameters.ts";

const UNEXPLAINED = { reason: "no reason given" };

describe("what the deliveries' API takes", () => {
  it.each([
    [pauseBody, { reason: " maintenance " }, { reason: "maintenance" }],
    [flushBody, {}, { wait_ms: 10_000, ...UNEXPLAINED }],
    [flushBody, undefined, { wait_ms: 10_000, ...UNEXPLAINED }],
    [quarantineQuery, { cursor: "7", limit: "100" }, { cursor: 7, limit: 100 }],
    [quarantineQuery, {}, { limit: 20 }],
    [replayBody, { seqs: [0, 7] }, { seqs: [0, 7], ...UNEXPLAINED }],
    [replayBody, { all: true, reason: "mended" }, { all: true, reason: "mended" }],
    [discardBody, { all: true, reason: "of a test" }, { all: true, reason: "of a test" }],
  ])("%#", (schema, input, output) => {
    expect(parseInput(schema, input, "body")).toEqual(output);
  });

  it.each([
    [pauseBody, {}, "reason"],
    [pauseBody, { reason: " " }, "reason"],
    [pauseBody, { reason: "x".repeat(1_001) }, "reason"],
    [pauseBody, { reason: "x", colour: 1 }, "colour"],
    [pauseBody, "x", "body"],
    [flushBody, { wait_ms: 60_001 }, "wait_ms"],
    [flushBody, { wait_ms: "5" }, "wait_ms"],
    [quarantineQuery, { limit: "0" }, "limit"],
    [quarantineQuery, { limit: "101" }, "limit"],
    [quarantineQuery, { limit: "1e2" }, "limit"],
    [quarantineQuery, { cursor: "-1" }, "cursor"],
    [quarantineQuery, { cursor: ["1", "2"] }, "cursor"],
    [replayBody, {}, "seqs"],
    [replayBody, { seqs: [1], all: true }, "seqs"],
    [replayBody, { seqs: [] }, "seqs"],
    [replayBody, { seqs: [1.5] }, "seqs.0"],
    [replayBody, { seqs: Array.from({ length: 1_001 }, (_, at) => at) }, "seqs"],
    [replayBody, { all: false }, "all"],
    [discardBody, { all: true }, "reason"],
  ])("refused %#: %j, naming %s", (schema, input, field) => {
    expect(() => parseInput(schema, input, "body")).toThrow(
      expect.objectContaining({ name: "EndpointError", code: "invalid_input", field }),
    );
  });
});
