import { expect, it } from "vitest";
import { createRollupPace } from "./pace.ts";

it("lets a tenant's roll-ups rest 99 times as long as they took, and no other tenant's", () => {
  let now = 1_000;
  const pace = createRollupPace(() => now);
  expect(pace.isDue("acme")).toBe(true);
  pace.took("acme", 100);
  expect(pace.isDue("acme")).toBe(false);
  expect(pace.isDue("globex")).toBe(true);
  now = 10_899;
  expect(pace.isDue("acme")).toBe(false);
  now = 10_900;
  expect(pace.isDue("acme")).toBe(true);
});
