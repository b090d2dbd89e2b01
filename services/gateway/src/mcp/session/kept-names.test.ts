import { describe, expect, it, vi } from "vitest";
import type { Principal } from "../../domain/principal.ts";
import { keepNames } from "./kept-names.ts";

const principal = (id: string): Principal => ({
  id,
  type: "user",
  actor: null,
  tenant: null,
  roles: [],
  attributes: {},
  method: "jwt",
});

describe("names that are kept", () => {
  it("are made once for each principal and key, and again when they were crowded out", () => {
    const names = keepNames(2);
    const [alice, bob] = [principal("alice"), principal("bob")];
    const make = vi.fn<(name: string) => string>((name) => name);
    const ask = (who: Principal, key: string) => names.of(who, key, () => make(`${who.id} ${key}`));
    expect([ask(alice, "a"), ask(alice, "a"), ask(bob, "a")]).toEqual(["alice a", "alice a", "bob a"]);
    expect(make).toHaveBeenCalledTimes(2);
    ask(alice, "b");
    ask(alice, "c");
    expect(make).toHaveBeenCalledTimes(4);
    expect(ask(alice, "a")).toBe("alice a");
    expect(ask(bob, "a")).toBe("bob a");
    expect(make).toHaveBeenCalledTimes(5);
  });
});
