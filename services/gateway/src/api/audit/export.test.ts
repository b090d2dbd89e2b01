import { once } from "node:events";
import { expect, it, vi } from "vitest";
import { openExport } from "./export.ts";

const CHUNK = 16 * 1024;

/** Chunks without end, as a large log has them. */
function endless() {
  const state = { read: 0, ended: false };
  async function* chunks(): AsyncGenerator<string, void, void> {
    try {
      for (;;) {
        state.read += 1;
        yield "x".repeat(CHUNK);
      }
    } finally {
      state.ended = true;
    }
  }
  return { state, chunks: chunks() };
}

it("reads no faster than it is consumed, and stops when the client leaves [AUD-6]", async () => {
  const { state, chunks } = endless();
  const { body } = await openExport(chunks, "jsonl");
  expect(state.read).toBe(1);
  const iterator = body[Symbol.asyncIterator]();
  let taken = 0;
  for (let index = 0; index < 10; index += 1) {
    taken += ((await iterator.next()).value as Buffer).length;
  }
  expect(state.read - taken / CHUNK).toBeLessThan(10);
  body.destroy();
  await vi.waitFor(() => expect(state.ended).toBe(true));
});

it("an error of the first chunk comes before the head, a later one cuts the response off [AUD-6]", async () => {
  const failing = async function* (good: readonly string[]): AsyncGenerator<string, void, void> {
    yield* good;
    throw new Error("the database went away");
  };
  await expect(openExport(failing([]), "csv")).rejects.toThrow(/went away/);
  const { body } = await openExport(failing(["head\n"]), "csv");
  const failed = once(body, "error");
  body.resume();
  expect(await failed).toEqual([expect.objectContaining({ message: "the database went away" })]);
});

it("an export of nothing is an empty response", async () => {
  const nothing = async function* (): AsyncGenerator<string, void, void> {};
  const { body } = await openExport(nothing(), "jsonl");
  expect(await body.toArray()).toEqual([]);
});
