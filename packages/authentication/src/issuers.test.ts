import { createPublicKey } from "node:crypto";
import { createSigningKey, signToken, startTokenIssuer, type TokenIssuer } from "@sark/testkit";
import { SignJWT, type JWTHeaderParameters } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuthenticationError } from "./authentication-error.ts";
import { principalKey } from "./identity.ts";
import { createIssuers, type Issuers } from "./jwt/issuers.ts";
import type { IssuerOptions } from "./jwt/token-verifier.ts";
import type { SigningKeyObserver } from "./observer.ts";

const observer: SigningKeyObserver = {
  signingKeyFileChanged: () => {},
  signingKeysFetchFailed: () => {},
  signingKeysFetched: () => {},
};

let staff: TokenIssuer;
let partner: TokenIssuer;
beforeAll(async () => {
  [staff, partner] = await Promise.all([
    startTokenIssuer({ audience: "sark" }),
    startTokenIssuer({ audience: "sark" }),
  ]);
});
afterAll(() => Promise.all([staff.close(), partner.close()]));

const optionsOf = ({ issuer, jwksUrl }: TokenIssuer, more: Partial<IssuerOptions> = {}): IssuerOptions => ({
  issuer,
  jwksUrl,
  audiences: ["sark"],
  algorithms: ["ES256", "EdDSA", "RS256"],
  clockToleranceSeconds: 0,
  ...more,
});
/** Staff without limits; a partner with its own beginning of ids, one tenant and two roles. */
const both = (ofStaff: Partial<IssuerOptions> = {}, ofPartner: Partial<IssuerOptions> = {}): Issuers =>
  createIssuers(
    [
      optionsOf(staff, ofStaff),
      optionsOf(partner, { idPrefix: "partner:", tenant: "acme", roles: ["user", "buyer"], ...ofPartner }),
    ],
    observer,
  );

async function codeOf(issuers: Issuers, token: string): Promise<string> {
  return issuers.authenticate(token).then(
    () => "ok",
    (error: unknown) => (error as AuthenticationError).code,
  );
}

/** A token with exactly this header, and these texts of JSON. */
async function forge(
  header: JWTHeaderParameters | string,
  payload: string | Uint8Array,
  issuer = staff,
): Promise<string> {
  const { privateKey } = issuer.currentKey();
  const encode = (text: string | Uint8Array) => Buffer.from(text).toString("base64url");
  const input = `${encode(typeof header === "string" ? header : JSON.stringify(header))}.${encode(payload)}`;
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    privateKey,
    Buffer.from(input),
  );
  return `${input}.${encode(new Uint8Array(signature))}`;
}
const now = () => Math.floor(Date.now() / 1_000);
const goodClaims = (more: object = {}) =>
  JSON.stringify({ iss: staff.issuer, aud: "sark", sub: "alice", exp: now() + 60, ...more });
const goodHeader = (): JWTHeaderParameters => ({ alg: "ES256", kid: staff.currentKey().kid });

describe("several issuers", () => {
  it("are told apart by iss, and the same sub of two is two principals [GTW-1]", async () => {
    const issuers = both();
    const ofStaff = await issuers.authenticate(await staff.issue({ sub: "alice", tenant: "acme" }));
    const ofPartner = await issuers.authenticate(await partner.issue({ sub: "alice", act: { sub: "bot" } }));
    expect(ofStaff).toMatchObject({ principal: { id: "alice", tenant: "acme" } });
    expect(ofPartner).toMatchObject({
      principal: { id: "partner:alice", actor: "partner:bot", tenant: "acme" },
      credential: `jwt:${partner.issuer} kid=${partner.currentKey().kid}`,
    });
    expect(principalKey(ofStaff.principal)).not.toBe(principalKey(ofPartner.principal));
  });

  it("have audiences of their own, and a token may name several [GTW-1]", async () => {
    const issuers = both({ audiences: ["sark", "sark-eu"] }, { audiences: ["partners"] });
    expect(await codeOf(issuers, await staff.issue({ sub: "a", aud: "sark-eu" }))).toBe("ok");
    expect(await codeOf(issuers, await staff.issue({ sub: "a", aud: ["other", "sark"] }))).toBe("ok");
    expect(await codeOf(issuers, await staff.issue({ sub: "a", aud: ["other", "partners"] }))).toBe(
      "wrong_audience",
    );
    expect(await codeOf(issuers, await partner.issue({ sub: "a" }))).toBe("wrong_audience");
    expect(await codeOf(issuers, await staff.issue({ sub: "a", aud: [] }))).toBe("wrong_audience");
  });

  it("sign nothing for each other, whatever the id of the key is [GTW-1]", async () => {
    const issuers = both();
    const theirs = partner.currentKey();
    const claims = { sub: "alice", iss: staff.issuer };
    expect(await codeOf(issuers, await partner.issue(claims))).toBe("unknown_signing_key");
    const sameId = { ...theirs, kid: staff.currentKey().kid };
    expect(await codeOf(issuers, await partner.issue(claims, { key: sameId }))).toBe("bad_signature");
    for (const iss of [`${staff.issuer}/`, staff.issuer.toUpperCase(), ` ${staff.issuer}`, "", "__proto__"]) {
      expect([iss, await codeOf(issuers, await staff.issue({ sub: "a", iss }))]).toEqual([
        iss,
        "wrong_issuer",
      ]);
    }
    for (const iss of [[staff.issuer], { 0: staff.issuer }, null, 1]) {
      const token = await forge(goodHeader(), goodClaims({ iss }));
      expect([iss, await codeOf(issuers, token)]).toEqual([iss, "invalid_claims"]);
    }
  });

  it("have algorithms of their own [GTW-1]", async () => {
    const edwards = await staff.addKey("EdDSA");
    try {
      expect(await codeOf(both({ algorithms: ["ES256"] }), await staff.issue({ sub: "a" }))).toBe(
        "unsupported_algorithm",
      );
      expect(await codeOf(both({ algorithms: ["EdDSA"] }), await staff.issue({ sub: "a" }))).toBe("ok");
      // The algorithm of the header is not the one of the key.
      const { kid } = edwards;
      expect(await codeOf(both(), await forge({ alg: "ES256", kid }, goodClaims(), partner))).toBe(
        "unknown_signing_key",
      );
    } finally {
      staff.withdraw(edwards);
    }
  });

  it.each([
    ["1e999", "exp"],
    ["1e99", "exp"],
    ["9007199254740993", "exp"],
    ["253402300800", "exp"],
    ["-1", "nbf"],
    ["-1e999", "nbf"],
    ["1e400", "iat"],
  ])(
    "cannot date a token %s, which other readers take for another time: %s [GTW-1] [GTW-12]",
    async (date, claim) => {
      const payload = goodClaims({ iat: 1, nbf: 1 }).replace(
        new RegExp(`"${claim}":\\d+`),
        `"${claim}":${date}`,
      );
      expect(payload).toContain(date);
      expect(await codeOf(both(), await forge(goodHeader(), payload))).toBe("invalid_claims");
      const last = goodClaims().replace(/"exp":\d+/, '"exp":253402300799.5');
      expect(await codeOf(both(), await forge(goodHeader(), last))).toBe("invalid_claims");
      expect(await codeOf(both(), await forge(goodHeader(), last.replace(".5", "")))).toBe("ok");
    },
  );

  it.each([{ b64: false }, { b64: true }, { b64: false, crit: ["b64"] }])(
    "cannot say in %j how the payload is encoded [GTW-1] [GTW-12]",
    async (more) => {
      const token = await forge({ ...goodHeader(), ...more }, goodClaims());
      expect(await codeOf(both(), token)).toBe("malformed_credentials");
    },
  );

  it.each([
    ["a role that it may not give", { roles: ["user", "admin"] }],
    ["such a role among others, as text", { roles: "user admin" }],
    ["another tenant", { tenant: "globex" }],
  ])("cannot give %s: the token is refused as a whole [GTW-1]", async (_what, claims) => {
    const issuers = both();
    expect(await codeOf(issuers, await partner.issue({ sub: "a", roles: ["user"], ...claims }))).toBe(
      "exceeds_issuer",
    );
    expect(await codeOf(issuers, await partner.issue({ sub: "a", roles: ["user"], tenant: "acme" }))).toBe(
      "ok",
    );
  });

  it("that may name tenants have to name one of them [GTW-1]", async () => {
    const issuers = both({ tenants: ["acme", "globex"] }, { tenant: "initech" });
    const tokens = await Promise.all(
      [{ tenant: "acme" }, { tenant: "initech" }, {}, { tenant: "" }].map((claims) =>
        staff.issue({ sub: "a", ...claims }),
      ),
    );
    expect(await Promise.all(tokens.map((token) => codeOf(issuers, token)))).toEqual([
      "ok",
      "exceeds_issuer",
      "exceeds_issuer",
      "invalid_claims",
    ]);
  });

  it("cannot make ids of each other [GTW-1]", async () => {
    const issuers = both();
    expect(await codeOf(issuers, await staff.issue({ sub: "partner:alice" }))).toBe("exceeds_issuer");
    expect(await codeOf(issuers, await staff.issue({ sub: "a", act: { sub: "partner:bot" } }))).toBe(
      "exceeds_issuer",
    );
    expect(await codeOf(issuers, await partner.issue({ sub: "x".repeat(195) }))).toBe("invalid_claims");
  });

  it("go on while another one is down [GTW-1]", async () => {
    const issuers = both();
    partner.fail(500);
    try {
      expect(await codeOf(issuers, await partner.issue({ sub: "a" }))).toBe("jwks_unavailable");
      expect(await codeOf(issuers, await staff.issue({ sub: "a" }))).toBe("ok");
    } finally {
      await partner.recover();
    }
  });

  it("are asked once for a key that many tokens at once name, and not again for made-up ones [GTW-1]", async () => {
    const issuers = both({ keys: { cooldownMs: 60_000 } });
    expect(await codeOf(issuers, await staff.issue({ sub: "a" }))).toBe("ok");
    const [asked, others] = [staff.requestCount(), partner.requestCount()];
    const forger = await createSigningKey("ES256");
    const codes = await Promise.all(
      Array.from({ length: 50 }, async (_, at) => {
        const key = { ...forger, kid: `made-up-${at}` };
        return codeOf(issuers, await staff.issue({ sub: "a" }, { key }));
      }),
    );
    expect(new Set(codes)).toEqual(new Set(["unknown_signing_key"]));
    expect([staff.requestCount(), partner.requestCount()]).toEqual([asked, others]);

    const eager = both({ keys: { cooldownMs: 0 } });
    expect(await codeOf(eager, await staff.issue({ sub: "a" }))).toBe("ok");
    const before = staff.requestCount();
    const next = await staff.addKey();
    const tokens = await Promise.all(Array.from({ length: 20 }, (_, at) => staff.issue({ sub: `u${at}` })));
    expect(await Promise.all(tokens.map((token) => codeOf(eager, token)))).toEqual(Array(20).fill("ok"));
    expect(staff.requestCount()).toBe(before + 1);
    staff.withdraw(next);
  });

  it("are not made where a token could be that of two [GTW-1]", () => {
    expect(() => createIssuers([optionsOf(staff), optionsOf(staff)], observer)).toThrow("twice");
    expect(() => both({ audiences: [] })).toThrow("audiences");
  });
});

describe("a token", () => {
  it.each([
    ["a claim twice", () => forge(goodHeader(), goodClaims().replace("{", '{"sub":"root",'))],
    [
      "a claim twice, once escaped",
      () => forge(goodHeader(), goodClaims().replace("{", '{"s\\u0075b":"root",')),
    ],
    [
      "a claim within a claim twice",
      () => forge(goodHeader(), goodClaims().replace("{", '{"act":{"sub":"a","sub":"b"},')),
    ],
    [
      "a header that names two algorithms",
      () => forge(`{"alg":"none","alg":"ES256","kid":"${staff.currentKey().kid}"}`, goodClaims()),
    ],
    ["a byte order mark", () => forge(goodHeader(), `\uFEFF${goodClaims()}`)],
    [
      "bytes that are no UTF-8",
      () => forge(goodHeader(), Buffer.from(goodClaims({ sub: "al\u00efce" }), "latin1")),
    ],
    ["no object", () => forge(goodHeader(), "[]")],
    [
      "another JWT within",
      async () => forge({ ...goodHeader(), cty: "JWT" }, await staff.issue({ sub: "a" })),
    ],
    ["another JWT within, unmarked", async () => forge(goodHeader(), await staff.issue({ sub: "a" }))],
    [
      "claims that are nested without end",
      () => forge(goodHeader(), goodClaims().replace("{", `{"x":${"[".repeat(900)}${"]".repeat(900)},`)),
    ],
    ["very many values", () => forge(goodHeader(), goodClaims({ x: Array(2_000).fill(0) }))],
  ])("with %s is refused before its signature is looked at [GTW-1]", async (_what, token) => {
    expect(await codeOf(both(), await token())).toBe("malformed_credentials");
  });

  it.each(["logout+jwt", "secevent+jwt", "dpop+jwt", "application/logout+jwt", "JWE", "", 1])(
    "of type %j is none for access [GTW-1]",
    async (typ) => {
      expect(await codeOf(both(), await forge({ ...goodHeader(), typ: typ as string }, goodClaims()))).toBe(
        "malformed_credentials",
      );
    },
  );

  it.each([undefined, "JWT", "jwt", "at+jwt", "application/at+jwt"])(
    "of type %j is one [GTW-1]",
    async (typ) => {
      const header = { ...goodHeader(), ...(typ === undefined ? {} : { typ }) };
      expect(await codeOf(both(), await forge(header, goodClaims()))).toBe("ok");
    },
  );

  it("cannot bring its key along, nor an address of it [GTW-1]", async () => {
    const forger = await createSigningKey("ES256");
    const evil = await startTokenIssuer();
    try {
      const headers: Record<string, unknown>[] = [
        { jwk: forger.publicJwk },
        { jku: evil.jwksUrl },
        { x5u: evil.jwksUrl },
        {
          x5c: [
            createPublicKey({ key: forger.publicJwk, format: "jwk" })
              .export({ type: "spki", format: "der" })
              .toString("base64"),
          ],
        },
      ];
      for (const header of headers) {
        const token = await new SignJWT(JSON.parse(goodClaims()) as Record<string, unknown>)
          .setProtectedHeader({ ...goodHeader(), ...header })
          .sign(forger.privateKey);
        expect([header, await codeOf(both(), token)]).toEqual([header, "bad_signature"]);
        // Nor does a good token lose by it: the header is not looked at.
        expect(await codeOf(both(), await forge({ ...goodHeader(), ...header }, goodClaims()))).toBe("ok");
      }
      expect(evil.requestCount()).toBe(0);
    } finally {
      await evil.close();
    }
  });

  it("with an extension that must be understood is refused [GTW-1]", async () => {
    for (const crit of [["x"], [], "x", ["alg"]]) {
      const header = { ...goodHeader(), crit, x: 1 } as JWTHeaderParameters;
      expect([crit, await codeOf(both(), await forge(header, goodClaims()))]).not.toContain("ok");
    }
  });

  it("is read in one encoding alone [GTW-1]", async () => {
    const good = await signToken(JSON.parse(goodClaims()) as { sub: string }, staff.currentKey());
    const last = good.at(-1) ?? "";
    // The last character of 64 bytes has four bits that say nothing.
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const other = alphabet[alphabet.indexOf(last) ^ 1] ?? "";
    expect(await codeOf(both(), good)).toBe("ok");
    expect(await codeOf(both(), good.slice(0, -1) + other)).toBe("malformed_credentials");
  });
});
