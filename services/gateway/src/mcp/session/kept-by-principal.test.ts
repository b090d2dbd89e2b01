import { describe, expect, it, vi } from "vitest";
import type { Principal } from "../../domain/principal.ts";
import { keepByPrincipal } from "./kept-by-principal.ts";

const principal = (id: string): Principal => ({
  id,
  type: "user",
  actor: null,
  tenant: null,
  roles: [],
  attributes: {},
  method: "jwt",
});

describe("what is kept by principal", () => {
  it("is made once for each principal and key, and again when it was crowded out", () => {
    const names = keepByPrincipal<string>(2);
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

  it("is none that is null: what is refused is looked at each time, and crowds nothing out", () => {
    const sessions = keepByPrincipal<string | null>(1);
    const alice = principal("alice");
    expect(sessions.of(alice, "good", () => "session")).toBe("session");
    const refuse = vi.fn<() => null>(() => null);
    expect([sessions.of(alice, "bad", refuse), sessions.of(alice, "bad", refuse)]).toEqual([null, null]);
    expect(refuse).toHaveBeenCalledTimes(2);
    expect(sessions.of(alice, "good", () => "another")).toBe("session");
  });
});
