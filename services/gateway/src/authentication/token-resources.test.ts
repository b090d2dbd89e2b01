import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTokenIssuer, type TokenIssuer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { AuthenticationError, IssuerOptions } from "@sark/authentication";
import { openApiKeyStore, type ApiKeyStore } from "./api-keys/api-key-store.ts";
import { issueApiKey } from "./api-keys/issue-key.ts";
import { createAuthenticator, type Authenticator } from "./authenticator.ts";
import { IGNORE } from "./testing/observer.ts";

const FILES = "https://gw.example.com/mcp/files";
const MAIL = "https://gw.example.com/mcp/mail";

let folder: string;
let issuer: TokenIssuer;
let apiKeys: ApiKeyStore;
let apiKey: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "sark-resources-"));
  const file = join(folder, "api-keys.json");
  apiKey = await issueApiKey(file, { id: "k", principal: "carol" });
  issuer = await startTokenIssuer();
  apiKeys = await openApiKeyStore({ file, observer: IGNORE });
});
afterAll(async () => {
  await apiKeys.close();
  await issuer.close();
  rmSync(folder, { recursive: true });
});

function authenticator(options: Partial<IssuerOptions> = {}): Authenticator {
  const jwt: IssuerOptions = {
    issuer: issuer.issuer,
    audiences: null,
    jwksUrl: issuer.jwksUrl,
    algorithms: ["ES256"],
    clockToleranceSeconds: 0,
    ...options,
  };
  return createAuthenticator({ apiKeys, jwt: [jwt], observer: IGNORE });
}

async function outcome(
  by: Authenticator,
  token: string,
  resource: string | null,
  url = "/mcp/files",
): Promise<string> {
  return by.authenticate({ authorization: `Bearer ${token}` }, { url, resource }).then(
    () => "ok",
    (error: unknown) => (error as AuthenticationError).code,
  );
}

const issue = (aud: unknown) => issuer.issue({ sub: "alice", aud: aud as string });

describe("a token for one resource [GTW-1]", () => {
  it("is for that one alone, also once it was verified for it", async () => {
    const by = authenticator();
    const token = await issue(FILES);
    expect(await outcome(by, token, MAIL)).toBe("wrong_audience");
    expect(await outcome(by, token, FILES)).toBe("ok");
    for (const other of [MAIL, "https://gw.example.com", `${FILES}/`, null]) {
      expect(await outcome(by, token, other)).toBe("wrong_audience");
    }
    expect(await outcome(by, token, FILES)).toBe("ok");
  });

  it.each([
    [FILES, "ok"],
    [[FILES], "ok"],
    [[MAIL, FILES, "https://elsewhere.example"], "ok"],
    [`${FILES}/`, "wrong_audience"],
    [FILES.toUpperCase(), "wrong_audience"],
    [FILES.replace("https:", "http:"), "wrong_audience"],
    [FILES.replace(".com", ".com:443"), "wrong_audience"],
    [`${FILES}?`, "wrong_audience"],
    [`${FILES}#`, "wrong_audience"],
    [` ${FILES}`, "wrong_audience"],
    [`${FILES} ${MAIL}`, "wrong_audience"],
    ["https://gw.example.com/mcp/%66iles", "wrong_audience"],
    ["https://gw.example.com/mcp/x/../files", "wrong_audience"],
    ["https://gw.example.com/", "wrong_audience"],
    ["https://gw.example.com", "wrong_audience"],
    [MAIL, "wrong_audience"],
    [[[FILES]], "invalid_claims"],
    [[FILES, 7], "invalid_claims"],
    [[FILES, null], "invalid_claims"],
    [[FILES, ""], "invalid_claims"],
    [[FILES, {}], "invalid_claims"],
    [{ 0: FILES }, "invalid_claims"],
    [[], "wrong_audience"],
    ["", "invalid_claims"],
    [null, "invalid_claims"],
    [true, "invalid_claims"],
    [undefined, "missing_audience"],
    [Array.from({ length: 101 }, () => FILES), "invalid_claims"],
  ])("with the audience %j: %s", async (aud, expected) => {
    expect(await outcome(authenticator(), await issue(aud), FILES)).toBe(expected);
  });

  it("is good beside those for the whole gateway, where an audience for it is configured", async () => {
    const by = authenticator({ audiences: ["sark"] });
    expect(await outcome(by, await issue("sark"), FILES)).toBe("ok");
    expect(await outcome(by, await issue("sark"), null)).toBe("ok");
    expect(await outcome(by, await issue(FILES), FILES)).toBe("ok");
    expect(await outcome(by, await issue(FILES), null)).toBe("wrong_audience");
  });

  it("is refused like any other when it has expired, and when another issuer signed it with a key of the same id", async () => {
    const by = authenticator();
    const expired = await issuer.issue({ sub: "alice", aud: FILES }, { expiresIn: -1 });
    expect(await outcome(by, expired, FILES)).toBe("expired_token");
    const other = await startTokenIssuer();
    try {
      const { kid } = issuer.currentKey();
      const forged = await other.issue(
        { iss: issuer.issuer, sub: "alice", aud: FILES },
        { key: { ...other.currentKey(), kid } },
      );
      expect(await outcome(by, forged, FILES)).toBe("bad_signature");
      const foreign = await other.issue({ sub: "alice", aud: FILES });
      expect(await outcome(by, foreign, FILES)).toBe("wrong_issuer");
    } finally {
      await other.close();
    }
  });
});

describe("a credential in the URL [GTW-1]", () => {
  it("is refused, also where a good one stands in the header", async () => {
    const by = authenticator();
    const token = await issue(FILES);
    for (const query of [
      `?access_token=${token}`,
      "?access_token=",
      "?ACCESS_TOKEN=x",
      "?access%5Ftoken=x",
      "?a=b&+access_token+=x",
      `?token=${token}`,
      `?q=Bearer%20${token}`,
      `?q=${token.replaceAll(".", "%2E")}`,
      `?key=${apiKey}`,
      `?${apiKey}`,
      `?a=b;token=${token}`,
      `?a=%22${token}%22`,
    ]) {
      expect(await outcome(by, token, FILES, `/mcp/files${query}`)).toBe("credentials_in_url");
      await expect(
        by.authenticate({ "x-api-key": apiKey }, { url: `/x${query}`, resource: null }),
      ).rejects.toMatchObject({ code: "credentials_in_url", status: 401 });
    }
  });

  it("is not what other parameters hold", async () => {
    const token = await issue(FILES);
    for (const query of ["", "?", "?server=mcp.example.com", "?user=sark_alice", "?q=eyJ.eyJ", "?a=1&b=2"]) {
      expect(await outcome(authenticator(), token, FILES, `/mcp/files${query}`)).toBe("ok");
    }
  });
});

describe("the scopes of a token [GTW-1]", () => {
  const scoped = (scopes: string, readsScopes = true) => authenticator({ claims: { scopes }, readsScopes });
  const read = async (value: unknown, claim = "scope") => {
    const token = await issuer.issue({ sub: "alice", aud: FILES, [claim]: value });
    return scoped(claim)
      .authenticate({ authorization: `Bearer ${token}` }, { url: "/", resource: FILES })
      .then(
        ({ principal }) => principal.tokenScopes,
        (error: unknown) => (error as AuthenticationError).code,
      );
  };

  it("are text or a list, by the claim that is configured", async () => {
    expect(await read("files:read files:write")).toEqual(["files:read", "files:write"]);
    expect(await read(["files:read", "files:write"], "scp")).toEqual(["files:read", "files:write"]);
    for (const none of ["", [], undefined, null]) {
      expect(await read(none)).toEqual([]);
    }
  });

  it.each([
    "a  b",
    " a",
    "a ",
    "a\tb",
    "a\nb",
    "a\u00a0b",
    "a\u2003b",
    "a,b ä",
    'a"b',
    "a\\b",
    "x".repeat(201),
    ["a b"],
    ["a", ""],
    ["a", 1],
    ["a", ["b"]],
    7,
    true,
    { a: true },
    Array.from({ length: 501 }, (_, at) => `s${at}`),
    Array.from({ length: 501 }, (_, at) => `s${at}`).join(" "),
  ])("are refused where they could be read in two ways, or are too many: %j", async (value) => {
    expect(await read(value)).toBe("invalid_claims");
  });

  it("are not looked at where nothing takes any", async () => {
    const token = await issuer.issue({ sub: "alice", aud: FILES, scope: " a\tb " });
    const { principal } = await scoped("scope", false).authenticate(
      { authorization: `Bearer ${token}` },
      { url: "/", resource: FILES },
    );
    expect(principal.tokenScopes).toBeUndefined();
  });
});
