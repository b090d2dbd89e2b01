import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Principal } from "../../domain/principal.ts";
import { createSessionBinding } from "./binding.ts";

const key = randomBytes(32);
const alice: Principal = {
  id: "alice",
  type: "user",
  actor: null,
  tenant: "acme",
  roles: [],
  attributes: {},
  method: "jwt",
};

describe("session binding", () => {
  const binding = createSessionBinding(key);
  const NOW = Date.UTC(2026, 6, 28);
  const id = binding.bind("files", alice, "0b6e.1-x", NOW) ?? "";

  it("gives the session back to whom it was given, on every replica with the key", () => {
    expect(id).toMatch(/^0b6e\.1-x\.[0-9a-z]{6}\.[A-Za-z0-9_-]{22}$/);
    const found = createSessionBinding(key).resolve("files", { ...alice, roles: ["new"], actor: "bot" }, id);
    expect(found).toEqual({
      upstreamId: "0b6e.1-x",
      fingerprint: binding.fingerprint("files", alice, "0b6e.1-x"),
      createdAt: NOW,
    });
  });

  it.each<[string, string, Partial<Principal>]>([
    ["another server", "mail", {}],
    ["another user", "files", { id: "bob" }],
    ["an agent of the same name", "files", { type: "agent" }],
    ["another tenant", "files", { tenant: "other" }],
    ["no tenant", "files", { tenant: null }],
  ])("is unknown to %s", (_who, server, change) => {
    expect(binding.resolve(server, { ...alice, ...change }, id)).toBeNull();
  });

  it("does not let fields run into each other", () => {
    const left = binding.bind("a", { ...alice, id: "b" }, "s", NOW) ?? "";
    expect(binding.resolve('a","user","b', { ...alice, id: "" }, left)).toBeNull();
  });

  it.each([
    ["the bare upstream id", "0b6e.1-x"],
    ["no code", id.slice(0, -22)],
    ["another code", id.slice(0, -22) + "A".repeat(22)],
    ["a later time", id.replace(/\.(.{6})\.(?=.{22}$)/, ".zzzzzz.")],
    ["the time in other letters", id.replace(/\.(.{6})\.(?=.{22}$)/, (part) => part.toUpperCase())],
    ["the time with a zero before it", id.replace(/\.(.{6})\.(?=.{22}$)/, ".0$1.")],
    ["no time", id.replace(/\.(.{6})\.(?=.{22}$)/, ".")],
    ["an id as they were without a time", `0b6e.1-x.${binding.fingerprint("files", alice, "0b6e.1-x")}`],
    ["its fingerprint for a code", id.slice(0, -22) + binding.fingerprint("files", alice, "0b6e.1-x")],
    ["a longer code", `${id}A`],
    ["a padded code", `${id}==`],
    ["nothing before the code", id.slice(-23)],
    ["nothing", ""],
    ["control characters", `\n${id}`],
    ["another session with this code", id.replace("0b6e", "0b6f")],
    ["a huge one", "x".repeat(100_000)],
  ])("refuses %s", (_what, forged) => {
    expect(binding.resolve("files", alice, forged)).toBeNull();
  });

  it("refuses another spelling of the same code", () => {
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".split("");
    const accepted = letters.filter(
      (last) => binding.resolve("files", alice, id.slice(0, -1) + last) !== null,
    );
    expect(accepted).toEqual([id.at(-1)]);
  });

  it("refuses to bind what is no session id", () => {
    for (const bad of ["", "with space", "ünïcode", "x".repeat(1_025), "new\nline"]) {
      expect(binding.bind("files", alice, bad, NOW)).toBeNull();
    }
  });

  it("names what is done without a session by the principal and the server, apart from sessions", () => {
    const named = binding.activity("files", alice);
    expect(binding.activity("files", { ...alice, roles: ["new"] })).toBe(named);
    const others = [
      binding.activity("mail", alice),
      binding.activity("files", { ...alice, tenant: null }),
      binding.fingerprint("files", alice, ""),
    ];
    expect(others).not.toContain(named);
  });

  it("needs a key worth the name", () => {
    expect(() => createSessionBinding(randomBytes(16))).toThrow(RangeError);
  });
});
