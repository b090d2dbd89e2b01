import { expect, it } from "vitest";
import { createSequence } from "./sequence.ts";

it("begins a work when all that was given before has ended, and gives each caller what came of its own", async () => {
  const sequence = createSequence();
  const gate = Promise.withResolvers<string>();
  const seen: string[] = [];
  async function work(name: string, result: Promise<string>): Promise<string> {
    seen.push(`${name} begins`);
    try {
      return await result;
    } finally {
      seen.push(`${name} ends`);
    }
  }

  const first = sequence.run(() => work("first", gate.promise));
  const failing = sequence.run(() => work("second", Promise.reject(new Error("refused"))));
  const throwing = sequence.run(() => {
    seen.push("third throws");
    throw new Error("at once");
  });
  const last = sequence.run(() => seen.push("fourth"));
  const outcomes = Promise.allSettled([first, failing, throwing, last]);
  gate.resolve("done");
  expect(await outcomes).toEqual([
    { status: "fulfilled", value: "done" },
    { status: "rejected", reason: new Error("refused") },
    { status: "rejected", reason: new Error("at once") },
    { status: "fulfilled", value: 6 },
  ]);
  expect(seen).toEqual([
    "first begins",
    "first ends",
    "second begins",
    "second ends",
    "third throws",
    "fourth",
  ]);
});

it("begins nothing within the call that gives it", async () => {
  let begun = false;
  const run = createSequence().run(() => (begun = true));
  expect(begun).toBe(false);
  expect(await run).toBe(true);
});
