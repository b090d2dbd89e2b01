import { createRemoteJWKSet, jwtVerify } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSigningKey, SIGNING_ALGORITHMS } from "./signing-keys.ts";
import { startTokenIssuer, type TokenIssuer } from "./start-token-issuer.ts";

let issuer: TokenIssuer;

beforeEach(async () => {
  issuer = await startTokenIssuer({ audience: "sark" });
});
afterEach(() => issuer.close());

/** As a resource server does, but asking for the keys each time. */
const verify = (token: string, timeoutDuration = 5_000) =>
  jwtVerify(token, createRemoteJWKSet(new URL(issuer.jwksUrl), { timeoutDuration }), {
    issuer: issuer.issuer,
    audience: "sark",
  });

describe("startTokenIssuer", () => {
  it.each(SIGNING_ALGORITHMS)("issues %s tokens that its key set verifies", async (algorithm) => {
    const key = await issuer.addKey(algorithm);
    const { payload, protectedHeader } = await verify(await issuer.issue({ sub: "alice", roles: ["dev"] }));
    expect(payload).toMatchObject({ sub: "alice", roles: ["dev"], iss: issuer.issuer, aud: "sark" });
    expect(protectedHeader).toMatchObject({ alg: algorithm, kid: key.kid });
    expect(issuer.requestCount()).toBe(1);
  });

  it("issues expired and forged ones, and leaves claims out", async () => {
    await expect(verify(await issuer.issue({}, { expiresIn: -60 }))).rejects.toThrow('"exp"');
    const forger = await createSigningKey("ES256");
    await expect(verify(await issuer.issue({}, { key: forger }))).rejects.toThrow("no applicable key");
    await expect(verify(await issuer.issue({ aud: undefined }))).rejects.toThrow('"aud"');
  });

  it("rotates: tokens of the old key lose their validity", async () => {
    const old = await issuer.issue({ sub: "alice" });
    await issuer.rotate("EdDSA");
    await verify(await issuer.issue({ sub: "alice" }));
    await expect(verify(old)).rejects.toThrow("no applicable key");
  });

  it("hangs, fails, talks nonsense, stops, and recovers at the same address", async () => {
    const token = await issuer.issue({ sub: "alice" });
    issuer.hang();
    await expect(verify(token, 100)).rejects.toThrow("timed out");
    issuer.fail(503);
    await expect(verify(token)).rejects.toThrow("200 OK");
    issuer.fail("garbage");
    await expect(verify(token)).rejects.toThrow("JSON");
    await issuer.stop();
    await expect(verify(token)).rejects.toThrow("fetch failed");
    await issuer.recover();
    expect((await verify(token)).payload.sub).toBe("alice");
  });
});
