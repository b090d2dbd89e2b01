import { describe, expect, it } from "vitest";
import { createOriginGuard } from "./origin.ts";

describe("the guard against DNS rebinding [GTW-12]", () => {
  const local = createOriginGuard({ host: "127.0.0.1", allowedHosts: [], allowedOrigins: [] });

  it.each(["127.0.0.1:8000", "localhost", "localhost:8000", "[::1]:8000", "LOCALHOST:1"])(
    "lets Host %s in when bound to loopback",
    (host) => {
      expect(() => local({ host })).not.toThrow();
    },
  );

  it.each([
    "evil.example.com",
    "localhost.evil.example.com",
    "127.0.0.1.evil.example.com:8000",
    "",
    undefined,
  ])("refuses Host %s when bound to loopback", (host) => {
    expect(() => local({ host })).toThrow(/Host/);
  });

  it("refuses pages of other origins, and takes those that are allowed", () => {
    const open = createOriginGuard({
      host: "0.0.0.0",
      allowedHosts: [],
      allowedOrigins: ["https://console.example.com"],
    });
    expect(() => open({ host: "gw.example.com", origin: "https://console.example.com" })).not.toThrow();
    expect(() => open({ host: "gw.example.com", origin: "https://evil.example.com" })).toThrow(/Origin/);
    expect(() => open({ host: "gw.example.com", origin: "http://localhost:3000" })).toThrow(/Origin/);
    expect(() => open({ host: "gw.example.com", origin: "null" })).toThrow(/Origin/);
    expect(() => local({ host: "localhost:8000", origin: "http://localhost:3000" })).not.toThrow();
    expect(() => local({ host: "localhost:8000", origin: "https://evil.example.com" })).toThrow(/Origin/);
  });

  it("checks Host against the list when there is one", () => {
    const listed = createOriginGuard({
      host: "0.0.0.0",
      allowedHosts: ["gw.example.com"],
      allowedOrigins: [],
    });
    expect(() => listed({ host: "GW.example.com:443" })).not.toThrow();
    expect(() => listed({ host: "other.example.com" })).toThrow(/Host/);
  });
});
