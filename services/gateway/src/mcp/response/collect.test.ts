import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";
import { collect } from "./collect.ts";

const body = (chunks: readonly Buffer[]) => Readable.from(chunks);
const response = (chunks: readonly Buffer[]) => ({ body: body(chunks) });
const bytesOf = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index % 251));

describe("collect", () => {
  it.each([0, 1, 2, 255, 256, 257, 5_000])("puts a body of %i pieces together", async (pieces) => {
    const whole = bytesOf(pieces);
    const chunks = Array.from(whole, (byte) => Buffer.from([byte]));
    expect((await collect(response(chunks), 5_000)).equals(whole)).toBe(true);
  });

  it("does not copy a body that comes in one", async () => {
    const whole = bytesOf(1_000);
    expect(await collect(response([whole]), 1_000)).toBe(whole);
    const after = await collect(response([Buffer.alloc(0), whole]), 1_000);
    expect(after.equals(whole)).toBe(true);
  });

  it("refuses one that is larger than it may be, and ends it", async () => {
    const large = body([bytesOf(600), bytesOf(600), bytesOf(600)]);
    await expect(collect({ body: large }, 1_000)).rejects.toMatchObject({ problem: "too_large" });
    expect(large.destroyed).toBe(true);
  });

  it("asks for room for each piece before it takes the next", async () => {
    const asked: number[] = [];
    await collect(response([bytesOf(3), bytesOf(5)]), 100, async (bytes) => void asked.push(bytes));
    expect(asked).toEqual([3, 5]);
  });

  it("takes one that came whole as it is, within the same bounds", async () => {
    const unread = body([]);
    const whole = bytesOf(1_000);
    const asked: number[] = [];
    const arrived = { body: unread, takeWhole: async () => whole };
    expect(await collect(arrived, 1_000, async (bytes) => void asked.push(bytes))).toBe(whole);
    expect(asked).toEqual([1_000]);
    await expect(collect(arrived, 999)).rejects.toMatchObject({ problem: "too_large" });
    expect(unread.readableFlowing).toBe(null);
  });

  it("reads one that did not", async () => {
    const whole = bytesOf(1_000);
    expect(await collect({ body: body([whole]), takeWhole: async () => null }, 1_000)).toBe(whole);
  });
});
