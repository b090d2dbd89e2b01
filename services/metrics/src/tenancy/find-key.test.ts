import { generateApiKey } from "@sark/authentication";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
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

describe("while the database is away", () => {
  const PLATFORM = { ...GOOD, tenant_id: null as never, roles: ["platform", "metrics"] };

  it("who watches the service has its metrics, and no more, by a key that was good before [SVC-2] [SVC-3]", async () => {
    const { keys, query, key } = keysOf({ ...PLATFORM });
    expect((await keys.authenticate(key)).principal.roles).toEqual(["platform", "metrics"]);
    query.mockRejectedValue(new Error("the database is away"));
    pass(1);
    expect((await keys.authenticate(key, true)).principal.roles).toEqual(["metrics"]);
    pass(1);
    expect((await keys.authenticate(key, true)).principal.roles).toEqual(["metrics"]);
    // For all else the database is asked, and is away.
    await expect(keys.authenticate(key)).rejects.toThrow("away");
    await expect(keys.authenticate(generateApiKey(), true)).rejects.toThrow("away");
    pass(61);
    await expect(keys.authenticate(key, true)).rejects.toThrow("away");
  });

  it("a tenant's key is asked for in vain, and so is one after keys have changed [SVC-1]", async () => {
    const [ofTenant, changed] = [keysOf({ ...GOOD, roles: ["viewer"] }), keysOf({ ...PLATFORM })];
    for (const { keys, query, key } of [ofTenant, changed]) {
      await keys.authenticate(key);
      query.mockRejectedValue(new Error("the database is away"));
    }
    pass(1);
    changed.keys.forget();
    await expect(ofTenant.keys.authenticate(ofTenant.key, true)).rejects.toThrow("away");
    await expect(changed.keys.authenticate(changed.key, true)).rejects.toThrow("away");
  });
});
