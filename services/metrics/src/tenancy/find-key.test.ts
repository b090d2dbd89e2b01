import { generateApiKey } from "@sark/authentication";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createApiKeys } from "./find-key.ts";

const GOOD = {
  key_id: "key-1",
  tenant_id: "acme",
  principal: "sender",
  principal_type: "agent",
  roles: ["sender"],
  good_until: null as Date | null,
  is_revoked: false,
  is_suspended: false,
};

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** For what is remembered: its clock is the monotonic one. */
function pass(minutes: number): void {
  const later = performance.now() + minutes * 60_000;
  vi.spyOn(performance, "now").mockReturnValue(later);
  vi.runAllTimers();
}

/** Keys of a database that finds `row`, whatever it is asked for. */
function keysOf(row: typeof GOOD) {
  const query = vi.fn<() => Promise<{ rows: object[] }>>(async () => ({ rows: [row] }));
  const keys = createApiKeys({
    withoutTenant: (_name, work) => work({ query } as unknown as Parameters<typeof work>[0]),
  });
  return { keys, query, key: generateApiKey() };
}

it("a key that was good stays familiar over the pauses of its sender, and is looked up anew [SVC-1]", async () => {
  const { keys, query, key } = keysOf({ ...GOOD });
  expect(keys.isFamiliar(key)).toBe(false);
  await keys.authenticate(key);
  pass(30);
  expect(keys.isFamiliar(key)).toBe(true);
  await keys.authenticate(key);
  expect(query).toHaveBeenCalledTimes(2);
  pass(61);
  expect(keys.isFamiliar(key)).toBe(false);
});

it.each([
  ["withdrawn", { is_revoked: true }],
  ["of a suspended tenant", { is_suspended: true }],
  ["expired", { good_until: new Date(0) }],
])("a key that turns out to be %s is not familiar any more [SVC-1]", async (_how, change) => {
  const row = { ...GOOD };
  const { keys, key } = keysOf(row);
  await keys.authenticate(key);
  Object.assign(row, change);
  pass(1);
  await expect(keys.authenticate(key)).rejects.toThrow(/key/);
  expect(keys.isFamiliar(key)).toBe(false);
});
