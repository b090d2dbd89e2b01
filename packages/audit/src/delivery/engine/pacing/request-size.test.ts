import { describe, expect, it } from "vitest";
import { createRequestSize } from "./request-size.ts";

describe("createRequestSize", () => {
  it("doubles with each success, and begins anew after a failure", () => {
    const size = createRequestSize(20, 100);
    const seen = [size.batches];
    for (const result of ["delivered", "awaiting", "sent", "delivered", "delivered", "delivered"] as const) {
      size.finished(result, 100, false);
      seen.push(size.batches);
    }
    expect(seen).toEqual([1, 2, 4, 8, 16, 20, 20]);
    for (const result of ["retry", "maybe_duplicate", "configuration", "rejected"] as const) {
      size.finished("delivered", 100, false);
      size.finished(result, 100, true);
      expect(size.batches).toBe(1);
    }
  });

  it("stays below what was refused as a whole, until that is long ago", () => {
    const size = createRequestSize(16, 100);
    const succeed = (times: number) => {
      for (let n = 0; n < times; n += 1) {
        size.finished("delivered", 100, false);
      }
    };
    succeed(4);
    expect(size.batches).toBe(16);
    size.finished("rejected", 1_600, false);
    expect(size.batches).toBe(1);
    succeed(10);
    expect(size.batches).toBe(8);
    size.finished("rejected", 100, false);
    succeed(53);
    expect(size.batches).toBe(8);
    succeed(12);
    expect(size.batches).toBe(16);
  });
});
