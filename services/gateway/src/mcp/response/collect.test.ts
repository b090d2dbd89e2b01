import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { collect } from "./collect.ts";

const body = (chunks: readonly Buffer[]) => Readable.from(chunks);
const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index % 251));

describe("collect", () => {
  it.each([0, 1, 2, 255, 256, 257, 5_000])("puts a body of %i pieces together", async (pieces) => {
    const whole = bytesOf(pieces);
    const chunks = Array.from(whole, (byte) => Buffer.from([byte]));
    expect((await collect(body(chunks), 5_000)).equals(whole)).toBe(true);
  });

  it("does not copy a body that comes in one", async () => {
    const whole = bytesOf(1_000);
    expect(await collect(body([whole]), 1_000)).toBe(whole);
    const after = await collect(body([Buffer.alloc(0), whole]), 1_000);
    expect(after.equals(whole)).toBe(true);
  });

  it("refuses one that is larger than it may be, and ends it", async () => {
    const large = body([bytesOf(600), bytesOf(600), bytesOf(600)]);
    await expect(collect(large, 1_000)).rejects.toMatchObject({ problem: "too_large" });
    expect(large.destroyed).toBe(true);
  });

  it("asks for room for each piece before it takes the next", async () => {
    const asked: number[] = [];
    await collect(body([bytesOf(3), bytesOf(5)]), 100, async (bytes) => void asked.push(bytes));
    expect(asked).toEqual([3, 5]);
  });
});
