import { describe, expect, it } from "vitest";
import { shownStatus } from "./shown-status.ts";

describe("the status of the whole gateway [HLT-2]", () => {
  it.each([
    ["ok", false, "ok"],
    ["degraded", false, "degraded"],
    ["down", false, "down"],
    ["unknown", false, "unknown"],
    ["ok", true, "draining"],
    ["degraded", true, "draining"],
    // What undraining does not mend is said first.
    ["down", true, "down"],
    ["unknown", true, "unknown"],
  ] as const)("of parts that are %s, draining: %s, is %s", (status, draining, shown) => {
    expect(shownStatus({ status, draining })).toBe(shown);
  });
});
