import { execFileSync } from "node:child_process";
import { createServer } from "node:http";
import { once } from "node:events";
import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { writeFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createSigningKey,
  signToken,
  startTokenIssuer,
  type SigningKey,
  type TokenIssuer,
} from "@sark/testkit";
import { SignJWT } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type AuthenticationErrorCode,
  type AuthenticationError,
  createIssuers,
  type IssuerOptions,
} from "@sark/authentication";
import type { AuthenticationObserver } from "./contract/observer.ts";
import { openApiKeyStore } from "./api-keys/api-key-store.ts";
import { issueApiKey } from "./api-keys/issue-key.ts";
import { createAuthenticator, type Authenticator } from "./authenticator.ts";

const WAIT = { timeout: 30_000 };
let folder: string;
let issuer: TokenIssuer;
let apiKey: string;
let fetchFailures: { message: string; usable: boolean }[];
let keyFileChanges: { problem: string | null }[];
let cleanups: (() => unknown)[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "authentication-"));
  apiKey = await issueApiKey(join(folder, "api-keys.json"), { id: "k", principal: "carol" });
  issuer = await startTokenIssuer({ audience: "sark" });
  fetchFailures = [];
  keyFileChanges = [];
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups) {
    await cleanup();
  }
  await issuer.close();
  await rm(folder, { recursive: true, force: true });
});

async function authenticator(jwt: Partial<IssuerOptions> | null = {}): Promise<Authenticator> {
  const observer: AuthenticationObserver = {
    apiKeysLoaded: () => {},
    apiKeysLoadFailed: () => {},
    apiKeyUsageNotWritten: () => {},
    signingKeyFileChanged: (event) => void keyFileChanges.push(event),
    signingKeysFetchFailed: (event) => void fetchFailures.push(event),
    signingKeysFetched: () => undefined,
  };
  const apiKeys = await openApiKeyStore({ file: join(folder, "api-keys.json"), observer });
  cleanups.push(() => apiKeys.close());
  if (jwt === null) {
    return createAuthenticator({ apiKeys, observer, jwt: [] });
  }
  const defaults: IssuerOptions = {
    issuer: issuer.issuer,
    audiences: ["sark"],
    algorithms: ["ES256", "EdDSA", "RS256"],
    clockToleranceSeconds: 0,
    ...(jwt.publicKeyFile === undefined ? { jwksUrl: issuer.jwksUrl } : {}),
  };
  return createAuthenticator({ apiKeys, observer, jwt: [{ ...defaults, ...jwt }] });
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

async function codeOf(authenticator: Authenticator, token: string): Promise<AuthenticationErrorCode | "ok"> {
  return authenticator.authenticate(bearer(token)).then(
    () => "ok" as const,
    (error: unknown) => (error as AuthenticationError).code,
  );
}

describe("createAuthenticator", () => {
  it("takes API keys in each of their places, and tokens", async () => {
    const it = await authenticator();
    const carol = await it.authenticate({ "x-api-key": apiKey });
    expect(carol).toMatchObject({
      principal: { id: "carol", method: "api_key" },
      credential: "api_key:k",
    });
    expect(await it.authenticate({ "x-gateway-api-key": apiKey })).toBe(carol);
    expect(await it.authenticate(bearer(apiKey))).toBe(carol);
    expect(await it.authenticate(bearer(await issuer.issue({ sub: "alice" })))).toMatchObject({
      principal: { id: "alice", method: "jwt" },
      credential: `jwt:${issuer.issuer} kid=${issuer.currentKey().kid}`,
    });
    const named = await issuer.issue({ sub: "alice", jti: "t-1" });
    expect((await it.authenticate(bearer(named))).credential).toBe(`jwt:${issuer.issuer} jti=t-1`);
    for (const jti of ["x".repeat(129), "a b", "a\nb", ""]) {
      const odd = await issuer.issue({ sub: "alice", jti });
      expect((await it.authenticate(bearer(odd))).credential).toContain(" kid=");
    }
    await expect(it.authenticate({})).rejects.toMatchObject({ code: "missing_credentials", status: 401 });
  });

  it("takes no tokens where none are configured", async () => {
    expect(await codeOf(await authenticator(null), await issuer.issue({ sub: "a" }))).toBe(
      "tokens_not_accepted",
    );
  });

  it("is not made with algorithms that would let everyone sign, or without a key", async () => {
    for (const algorithms of [["HS256"], ["none"], ["ES256", "HS512"], []]) {
      await expect(authenticator({ algorithms: algorithms as never })).rejects.toThrow("algorithms");
    }
    await expect(authenticator({ jwksUrl: issuer.jwksUrl, publicKeyFile: "/x" })).rejects.toThrow("either");
  });
});

describe("tokens", () => {
  it("say who the caller is", async () => {
    const it = await authenticator();
    const claims = {
      sub: "alice",
      roles: ["developer", "ops"],
      tenant: "acme",
      act: { sub: "build-bot" },
      trust_level: "limited",
      secret_claim: "not for policies",
    };
    expect((await it.authenticate(bearer(await issuer.issue(claims)))).principal).toEqual({
      id: "alice",
      type: "user",
      actor: "build-bot",
      tenant: "acme",
      roles: ["developer", "ops"],
      attributes: { trust_level: "limited" },
      method: "jwt",
    });
    const agent = { sub: "bot", principal_type: "agent", roles: "a b", agent_type: "worker" };
    expect((await it.authenticate(bearer(await issuer.issue(agent)))).principal).toMatchObject({
      id: "bot",
      type: "agent",
      actor: null,
      tenant: null,
      roles: ["a", "b"],
      attributes: { agent_type: "worker" },
    });
  });

  it("are read by the names that are configured", async () => {
    const it = await authenticator({
      claims: {
        id: "email",
        roles: "realm_access.roles",
        tenant: "https://example.com/tenant",
        attributes: ["a.b"],
      },
    });
    const token = await issuer.issue({
      email: "a@example.com",
      realm_access: { roles: ["x"] },
      "https://example.com/tenant": "t",
      a: { b: [1] },
    });
    expect((await it.authenticate(bearer(token))).principal).toMatchObject({
      id: "a@example.com",
      roles: ["x"],
      tenant: "t",
      attributes: { "a.b": [1] },
    });
  });

  it.each([
    ["has no subject", { sub: undefined }, "invalid_claims"],
    ["has an empty subject", { sub: "" }, "invalid_claims"],
    ["has a subject of two lines", { sub: "alice\nroot" }, "invalid_claims"],
    ["has a subject with a space at its end", { sub: "alice " }, "invalid_claims"],
    ["has a subject with what cannot be seen", { sub: "al\u200bice" }, "invalid_claims"],
    ["has an actor in letters of two alphabets", { act: { sub: "\u0430gent" } }, "invalid_claims"],
    ["has a tenant with a space at its end", { tenant: "acme " }, "invalid_claims"],
    ["has a tenant in full width", { tenant: "\uff41cme" }, "invalid_claims"],
    ["has a tenant in letters of two alphabets", { tenant: "\u0430cme" }, "invalid_claims"],
    ["has a role with NUL", { roles: ["admin\u0000"] }, "invalid_claims"],
    ["has a role with a soft hyphen", { roles: ["ad\u00admin"] }, "invalid_claims"],
    ["has an endless subject", { sub: "a".repeat(201) }, "invalid_claims"],
    ["is of neither type", { principal_type: "admin" }, "invalid_claims"],
    ["has roles of another kind", { roles: { admin: true } }, "invalid_claims"],
    ["has a role that is no text", { roles: [1] }, "invalid_claims"],
    ["has very many roles", { roles: Array.from({ length: 101 }, (_, i) => `r${i}`) }, "invalid_claims"],
    ["does not expire", { exp: undefined }, "invalid_claims"],
    ["expires as text", { exp: "tomorrow" }, "invalid_claims"],
    ["has expired", { exp: 1 }, "expired_token"],
    ["is for later", { nbf: 32_503_680_000 }, "not_yet_valid"],
    ["comes from elsewhere", { iss: "https://evil.example" }, "wrong_issuer"],
    ["names no issuer", { iss: undefined }, "invalid_claims"],
    ["is for another audience", { aud: "other" }, "wrong_audience"],
    ["names no audience", { aud: undefined }, "missing_audience"],
  ] satisfies [string, Record<string, unknown>, AuthenticationErrorCode][])(
    "that %s is refused",
    async (_what, claims, code) => {
      const now = Math.floor(Date.now() / 1000);
      const complete = { sub: "alice", iss: issuer.issuer, aud: "sark", exp: now + 60, ...claims };
      const token = await signToken(complete as Parameters<typeof signToken>[0], issuer.currentKey());
      expect(await codeOf(await authenticator(), token)).toBe(code);
    },
  );

  it("are given a difference of clocks, no more", async () => {
    const token = await issuer.issue({ sub: "a" }, { expiresIn: -30 });
    expect(await codeOf(await authenticator({ clockToleranceSeconds: 60 }), token)).toBe("ok");
    expect(await codeOf(await authenticator({ clockToleranceSeconds: 5 }), token)).toBe("expired_token");
  });

  it("that are forged are refused", async () => {
    const it = await authenticator();
    const good = await issuer.issue({ sub: "alice" });
    const [header = "", payload = "", signature = ""] = good.split(".");
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as object;
    const { kid, publicJwk } = issuer.currentKey();
    const forger = await createSigningKey("ES256");
    const now = Math.floor(Date.now() / 1000);
    const asHmac = encode({ alg: "HS256", kid });
    const hmac = createHmac("sha256", JSON.stringify(publicJwk))
      .update(`${asHmac}.${payload}`)
      .digest("base64url");
    const forgeries: [string, AuthenticationErrorCode][] = [
      [`${header}.${encode({ ...claims, sub: "root" })}.${signature}`, "bad_signature"],
      [`${header}.${payload}.${"A".repeat(signature.length)}`, "bad_signature"],
      [`${encode({ alg: "none" })}.${payload}.AA`, "unsupported_algorithm"],
      [`${asHmac}.${payload}.${hmac}`, "unsupported_algorithm"],
      [`${encode({ alg: "ES384", kid })}.${payload}.${signature}`, "unsupported_algorithm"],
      [await issuer.issue({ sub: "alice" }, { key: forger }), "unknown_signing_key"],
      [await issuer.issue({ sub: "alice" }, { key: { ...forger, kid } }), "bad_signature"],
      // The key in its own header does not count.
      [
        await new SignJWT({ ...claims, exp: now + 60 })
          .setProtectedHeader({ alg: "ES256", kid, jwk: forger.publicJwk })
          .sign(forger.privateKey),
        "bad_signature",
      ],
      [
        `${encode({ alg: "ES256", kid, crit: ["x"], x: 1 })}.${payload}.${signature}`,
        "unsupported_algorithm",
      ],
      [`${header}.${Buffer.from("[]").toString("base64url")}.${signature}`, "malformed_credentials"],
      [`x.${payload}.${signature}`, "malformed_credentials"],
    ];
    for (const [token, code] of forgeries) {
      expect([token, await codeOf(it, token)]).toEqual([token, code]);
    }
    expect(await codeOf(it, good)).toBe("ok");
  });

  it("may be checked against one key in a file", async () => {
    const key = await createSigningKey("ES256");
    const { publicKey } = generateKeyPairSync("ed25519");
    const file = join(folder, "issuer.pem");
    const own = createPublicKey({ key: key.publicJwk, format: "jwk" });
    await writeFile(file, own.export({ type: "spki", format: "pem" }));
    const token = await issuer.issue({ sub: "alice" }, { key });
    expect(await codeOf(await authenticator({ publicKeyFile: file }), token)).toBe("ok");
    await writeFile(file, publicKey.export({ type: "spki", format: "pem" }));
    expect(await codeOf(await authenticator({ publicKeyFile: file }), token)).toBe("bad_signature");
  });

  it("may not be checked against a key in a file that is none for them [GTW-1]", async () => {
    const file = join(folder, "issuer.pem");
    const pem = (key: KeyObject) => key.export({ type: "spki", format: "pem" });
    const [weak, curve, good, ed448, dsa] = [
      generateKeyPairSync("rsa", { modulusLength: 1_024 }),
      generateKeyPairSync("ec", { namedCurve: "secp256k1" }),
      generateKeyPairSync("rsa", { modulusLength: 2_048 }),
      generateKeyPairSync("ed448"),
      generateKeyPairSync("dsa", { modulusLength: 1_024, divisorLength: 160 }),
    ];
    for (const [text, problem] of [
      [pem(weak.publicKey), "a key rsa of 1024 bits, which suits none of ES256, EdDSA, RS256"],
      [pem(curve.publicKey), "a key ec secp256k1"],
      [pem(ed448.publicKey), "a key ed448"],
      [pem(dsa.publicKey), "a key dsa"],
      [good.privateKey.export({ type: "pkcs8", format: "pem" }), "holds a private key"],
      [good.privateKey.export({ type: "pkcs1", format: "pem" }), "holds a private key"],
    ] as const) {
      await writeFile(file, text);
      await expect(authenticator({ publicKeyFile: file })).rejects.toThrow(problem);
    }
    await writeFile(file, pem(good.publicKey));
    await expect(authenticator({ publicKeyFile: file })).resolves.toBeDefined();
    await expect(authenticator({ publicKeyFile: file, algorithms: ["ES384"] })).rejects.toThrow(
      "none of ES384",
    );
  });

  it.each([
    ["a key by DPoP", { jkt: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I" }],
    ["a key that it holds", { jwk: { kty: "oct", k: "AAAA" } }],
    ["the certificate of SHA-1", { x5t: "A".repeat(27) }],
    ["a certificate and something else", { "x5t#S256": "A".repeat(43), kid: "k" }],
    ["no certificate that there could be", { "x5t#S256": "A".repeat(42) }],
    ["text that decodes to a thumbprint otherwise", { "x5t#S256": `${"A".repeat(42)}B` }],
    ["a thumbprint that is no text", { "x5t#S256": ["A".repeat(43)] }],
    ["nothing", {}],
    ["null", null],
    ["text", "A".repeat(43)],
    ["a certificate that its bearer has not", { "x5t#S256": "A".repeat(43) }],
  ])("that are bound to %s are refused [GTW-1]", async (_what, cnf) => {
    const it = await authenticator();
    expect(await codeOf(it, await issuer.issue({ sub: "alice", cnf }))).toBe("unconfirmed_token");
  });

  it("that are bound to a certificate are good for its owner alone, also when they are remembered [GTW-1]", async () => {
    const it = createIssuers(
      [
        {
          issuer: issuer.issuer,
          jwksUrl: issuer.jwksUrl,
          audiences: ["sark"],
          algorithms: ["ES256"],
          clockToleranceSeconds: 0,
        },
      ],
      { signingKeysFetchFailed: () => {}, signingKeysFetched: () => {}, signingKeyFileChanged: () => {} },
    );
    const [own, other] = ["A".repeat(43), "E".repeat(43)];
    const token = await issuer.issue({ sub: "alice", cnf: { "x5t#S256": own } });
    const code = (certificate?: string | null) =>
      it.authenticate(token, certificate === undefined ? {} : { certificate }).then(
        () => "ok",
        (error: unknown) => (error as AuthenticationError).code,
      );
    expect([
      await code(other),
      await code(own),
      await code(other),
      await code(null),
      await code(),
      await code(own),
    ]).toEqual([
      "unconfirmed_token",
      "ok",
      "unconfirmed_token",
      "unconfirmed_token",
      "unconfirmed_token",
      "ok",
    ]);
  });

  it("are remembered, as the same principal, until they expire", async () => {
    const it = await authenticator();
    const token = await issuer.issue({ sub: "alice" });
    const alice = await it.authenticate(bearer(token));
    await issuer.stop();
    expect(await it.authenticate(bearer(token))).toBe(alice);
    await issuer.recover();
    const brief = await issuer.issue({ sub: "alice" }, { expiresIn: 3 });
    expect(await codeOf(it, brief)).toBe("ok");
    await vi.waitFor(async () => expect(await codeOf(it, brief)).toBe("expired_token"), WAIT);
  });

  it("are not remembered longer than configured", async () => {
    const it = await authenticator({ rememberSeconds: 0 });
    const token = await issuer.issue({ sub: "alice" });
    expect(await it.authenticate(bearer(token))).not.toBe(await it.authenticate(bearer(token)));
  });
});

describe("the issuer's keys", () => {
  const timing = { timeoutMs: 120_000, cooldownMs: 0, retryMs: 0 };
  const fresh = async (it: Authenticator) => codeOf(it, await issuer.issue({ sub: "alice" }));

  it("are fetched once for many tokens, and again for a new key", async () => {
    const it = await authenticator({ keys: { cooldownMs: 0 } });
    expect(await Promise.all(Array.from({ length: 20 }, () => fresh(it)))).toEqual(Array(20).fill("ok"));
    expect(issuer.requestCount()).toBe(1);
    await issuer.addKey("EdDSA");
    expect(await fresh(it)).toBe("ok");
    expect(issuer.requestCount()).toBe(2);
  });

  it("cannot be made to be fetched all the time by unknown key ids", async () => {
    const it = await authenticator();
    await fresh(it);
    const forger = await createSigningKey("ES256");
    for (let i = 0; i < 20; i++) {
      const token = await issuer.issue({ sub: `a${i}` }, { key: { ...forger, kid: `k${i}` } });
      expect(await codeOf(it, token)).toBe("unknown_signing_key");
    }
    expect(issuer.requestCount()).toBe(1);
  });

  it.each([
    ["hangs", async () => issuer.hang()],
    ["fails", async () => issuer.fail(500)],
    ["redirects", async () => issuer.fail(302)],
    ["talks nonsense", async () => issuer.fail("garbage")],
    ["is down", () => issuer.stop()],
  ] satisfies [string, () => Promise<void>][])(
    "cannot be had where it %s: 503, and well again after it",
    async (what, fault) => {
      const it = await authenticator({ keys: { ...timing, ...(what === "hangs" && { timeoutMs: 1_000 }) } });
      await fault();
      await expect(it.authenticate(bearer(await issuer.issue({ sub: "a" })))).rejects.toMatchObject({
        code: "jwks_unavailable",
        status: 503,
      });
      expect(fetchFailures.at(-1)).toMatchObject({ usable: false });
      expect(fetchFailures.at(-1)?.message).toContain(issuer.jwksUrl);
      await issuer.recover();
      await vi.waitFor(async () => expect(await fresh(it)).toBe("ok"), WAIT);
    },
  );

  it("are not waited for by each request in turn while the issuer hangs", async () => {
    const it = await authenticator({ keys: { timeoutMs: 300, retryMs: 60_000 } });
    issuer.hang();
    for (let i = 0; i < 50; i++) {
      expect(await fresh(it)).toBe("jwks_unavailable");
    }
    expect(issuer.requestCount()).toBe(1);
    expect(fetchFailures).toHaveLength(1);
  });

  it("serve on while the issuer is down, until they are too old", async () => {
    const it = await authenticator({ keys: { ...timing, refreshMs: 0 } });
    expect(await fresh(it)).toBe("ok");
    issuer.fail(500);
    expect(await fresh(it)).toBe("ok");
    await vi.waitFor(() => expect(fetchFailures.at(-1)).toMatchObject({ usable: true }), WAIT);

    const strict = await authenticator({ keys: { ...timing, maxAgeMs: 0 } });
    expect(await fresh(strict)).toBe("jwks_unavailable");
  });

  it("that are withdrawn are forgotten with the next refresh", async () => {
    const it = await authenticator({ keys: { ...timing, refreshMs: 0 }, rememberSeconds: 0 });
    const old = await issuer.issue({ sub: "alice" });
    expect(await codeOf(it, old)).toBe("ok");
    await issuer.rotate();
    await vi.waitFor(async () => expect(await codeOf(it, old)).toBe("unknown_signing_key"), WAIT);
    expect(await fresh(it)).toBe("ok");
  });

  it("that are new are fetched although the clock of the machine was set back by an hour [GTW-1]", async () => {
    const it = await authenticator();
    expect(await fresh(it)).toBe("ok");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - 3_600_000 });
    cleanups.push(() => vi.useRealTimers());
    await issuer.rotate();
    expect(await fresh(it)).toBe("ok");
    expect(issuer.requestCount()).toBe(2);
    expect(await fresh(it)).toBe("ok");
    expect(issuer.requestCount()).toBe(2);
  });

  it("are not looked for where the issuer's address leads on to [GTW-1]", async () => {
    const other = await startTokenIssuer({ audience: "sark" });
    cleanups.push(() => other.close());
    const server = createServer((_request, response) =>
      response.writeHead(302, { location: other.jwksUrl }).end(),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const it = await authenticator({
      issuer: other.issuer,
      jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    });
    expect(await codeOf(it, await other.issue({ sub: "alice" }))).toBe("jwks_unavailable");
    expect(fetchFailures.at(-1)?.message).toContain("status 302");
    expect(other.requestCount()).toBe(0);
  });

  it("verify nothing where they are too short, secret, or for sharing a secret [GTW-1]", async () => {
    const weak = generateKeyPairSync("rsa", { modulusLength: 1_024 });
    const strong = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const jwks: object[] = [];
    const server = createServer((_request, response) =>
      response.setHeader("content-type", "application/json").end(JSON.stringify({ keys: jwks })),
    ).listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => server.close());
    const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const signedBy = ({ privateKey }: typeof weak) => {
      const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
      const exp = Math.floor(Date.now() / 1_000) + 60;
      const text = `${encode({ alg: "RS256", kid: "k" })}.${encode({ iss: issuer.issuer, aud: "sark", sub: "a", exp })}`;
      return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
    };
    const codeWith = async (jwk: object, key: typeof weak) => {
      jwks.splice(0, 1, { ...jwk, kid: "k" });
      return codeOf(await authenticator({ jwksUrl }), signedBy(key));
    };
    expect(await codeWith(strong.publicKey.export({ format: "jwk" }), strong)).toBe("ok");
    expect(await codeWith(weak.publicKey.export({ format: "jwk" }), weak)).toBe("bad_signature");
    expect(await codeWith(strong.privateKey.export({ format: "jwk" }), strong)).not.toBe("ok");
    expect(await codeWith({ kty: "oct", k: "AAAA" }, strong)).toBe("unknown_signing_key");
  });

  it("are not read without end", async () => {
    let written = 0;
    const server = createServer((_request, response) => {
      const more = () => {
        if (response.destroyed) {
          return;
        }
        written += 65_536;
        response.write(" ".repeat(65_536), () => setImmediate(more));
      };
      more();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    cleanups.push(() => {
      server.closeAllConnections();
      server.close();
    });
    const it = await authenticator({
      jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      keys: { timeoutMs: 30_000 },
    });
    expect(await fresh(it)).toBe("jwks_unavailable");
    expect(fetchFailures[0]?.message).toContain("more than 262144 bytes");
    expect(written).toBeLessThan(64 * 1024 * 1024);
  });
});

describe("the file of the issuer's key", () => {
  const pemOf = (key: SigningKey) =>
    createPublicKey({ key: key.publicJwk, format: "jwk" }).export({
      type: "spki",
      format: "pem",
    });

  it("is read again when it changes, and tokens of the key before are refused at once", async () => {
    const [former, next] = [await createSigningKey("ES256"), await createSigningKey("ES256")];
    const publicKeyFile = join(folder, "issuer.pem");
    await writeFile(publicKeyFile, pemOf(former));
    const it = await authenticator({ publicKeyFile });
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const claims = { iss: issuer.issuer, aud: "sark", sub: "alice", exp };
    const [old, fresh] = [await signToken(claims, former), await signToken(claims, next)];
    const codes = () => Promise.all([codeOf(it, old), codeOf(it, fresh)]);
    expect(await codes()).toEqual(["ok", "bad_signature"]);

    await writeFile(publicKeyFile, pemOf(next).slice(0, 60));
    expect(await codes()).toEqual(["ok", "bad_signature"]);
    await rm(publicKeyFile);
    expect(await codes()).toEqual(["ok", "bad_signature"]);
    execFileSync("mkfifo", [publicKeyFile]);
    expect(await codes()).toEqual(["ok", "bad_signature"]);
    await rm(publicKeyFile);

    await writeFile(publicKeyFile, pemOf(next));
    const many = await Promise.all(Array.from({ length: 50 }, codes));
    expect(many).toEqual(many.map(() => ["bad_signature", "ok"]));
    // One that was being verified when the key changed is not remembered.
    await writeFile(publicKeyFile, pemOf(former));
    expect(await codes()).toEqual(["ok", "bad_signature"]);
    const another = await signToken({ ...claims, jti: "another" }, former);
    const pending = codeOf(it, another);
    writeFileSync(publicKeyFile, pemOf(next));
    expect(await codeOf(it, fresh)).toBe("ok");
    expect(await pending).toBe("ok");
    expect(await codeOf(it, another)).toBe("bad_signature");
    expect(keyFileChanges.splice(4)).toEqual([
      { issuer: issuer.issuer, problem: null },
      { issuer: issuer.issuer, problem: null },
    ]);
    expect(keyFileChanges).toEqual([
      { issuer: issuer.issuer, problem: expect.stringContaining("no public key and no certificate") },
      { issuer: issuer.issuer, problem: expect.stringContaining("ENOENT") },
      { issuer: issuer.issuer, problem: expect.stringContaining("is not a regular file") },
      { issuer: issuer.issuer, problem: null },
    ]);
  });
});
