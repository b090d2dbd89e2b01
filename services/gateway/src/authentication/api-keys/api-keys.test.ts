import { execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuthenticationObserver } from "../contract/observer.ts";
import { openApiKeyStore, type ApiKeyStore } from "./api-key-store.ts";
import { generateAdminKey, issueApiKey, revokeApiKey } from "./issue-key.ts";
import { digestOf, generateApiKey, isApiKey } from "./key-format.ts";

const WAIT = { timeout: 30_000 };
let folder: string;
let file: string;
let stores: ApiKeyStore[];
let observer: {
  [Name in keyof AuthenticationObserver]: ReturnType<typeof vi.fn<AuthenticationObserver[Name]>>;
};

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "keys-"));
  file = join(folder, "api-keys.json");
  stores = [];
  observer = {
    apiKeysLoaded: vi.fn<AuthenticationObserver["apiKeysLoaded"]>(),
    apiKeysLoadFailed: vi.fn<AuthenticationObserver["apiKeysLoadFailed"]>(),
    signingKeyFileChanged: vi.fn<AuthenticationObserver["signingKeyFileChanged"]>(),
    signingKeysFetchFailed: vi.fn<AuthenticationObserver["signingKeysFetchFailed"]>(),
  };
});
afterEach(async () => {
  for (const store of stores) {
    store.close();
  }
  await rm(folder, { recursive: true, force: true });
});

async function open(): Promise<ApiKeyStore> {
  const store = await openApiKeyStore({ file, observer, pollMs: 200 });
  stores.push(store);
  return store;
}

describe("the format of keys", () => {
  it("has a prefix, 238 bits of chance and a checksum", () => {
    const keys = Array.from({ length: 200 }, generateApiKey);
    expect(new Set(keys).size).toBe(200);
    for (const key of keys) {
      expect(key).toMatch(/^sark_[0-9A-Za-z]{46}$/);
    }
    expect(keys.every(isApiKey)).toBe(true);
  });

  it("tells a mistyped key by itself", () => {
    const key = generateApiKey();
    const wrong = Array.from(key).map(
      (letter, at) => key.slice(0, at) + (letter === "a" ? "b" : "a") + key.slice(at + 1),
    );
    expect(wrong.filter(isApiKey)).toEqual([]);
    expect([key.slice(0, -1), `${key}0`, key.toLowerCase(), "sark_", ""].filter(isApiKey)).toEqual([]);
  });
});

describe("issued keys", () => {
  it("speak for whom they were issued to", async () => {
    const alice = await issueApiKey(file, {
      id: "alice-laptop",
      principal: "alice",
      roles: ["developer"],
      tenant: "acme",
      attributes: { team: "x" },
    });
    const bot = await issueApiKey(file, {
      id: "bot",
      principal: "bot",
      type: "agent",
      expires: new Date(Date.now() + 60_000),
    });
    const store = await open();
    expect(store.authenticate(alice).credential).toBe("api_key:alice-laptop");
    expect(store.authenticate(alice).principal).toEqual({
      id: "alice",
      type: "user",
      actor: null,
      tenant: "acme",
      roles: ["developer"],
      attributes: { team: "x" },
      method: "api_key",
    });
    expect(store.authenticate(bot).principal).toMatchObject({
      id: "bot",
      type: "agent",
      tenant: null,
      roles: [],
    });
    // One key is one object, so that what is derived from it can be kept.
    expect(store.authenticate(bot)).toBe(store.authenticate(bot));
    expect(observer.apiKeysLoaded).toHaveBeenCalledWith({ keys: 2 });
  });

  it("are kept as digests, in a file for its owner alone", async () => {
    const key = await issueApiKey(file, { id: "a", principal: "alice" });
    const text = await readFile(file, "utf8");
    expect(text).toContain(digestOf(key));
    expect(text).not.toContain(key.slice(5, 20));
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it("need a name of their own, and a sensible one", async () => {
    await issueApiKey(file, { id: "a", principal: "alice" });
    const before = await readFile(file, "utf8");
    await expect(issueApiKey(file, { id: "a", principal: "bob" })).rejects.toMatchObject({ code: "taken" });
    await expect(issueApiKey(file, { id: "b", principal: "bob\n" })).rejects.toThrow("control characters");
    expect(await readFile(file, "utf8")).toBe(before);
  });

  it("are revoked one by one, and what is no key is told", async () => {
    await issueApiKey(file, { id: "a", principal: "alice" });
    await issueApiKey(file, { id: "b", principal: "bob" });
    await revokeApiKey(file, "a");
    await expect(revokeApiKey(file, "a")).rejects.toMatchObject({ code: "unknown_id" });
    expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ keys: [{ id: "b" }] });
  });

  it("are refused when unknown, expired or mistyped", async () => {
    const past = await issueApiKey(file, {
      id: "past",
      principal: "alice",
      expires: new Date(Date.now() - 1),
    });
    const store = await open();
    const codeOf = (key: string) => {
      try {
        return store.authenticate(key).principal.id;
      } catch (error) {
        return (error as { code: string }).code;
      }
    };
    expect(codeOf(past)).toBe("expired_key");
    expect(codeOf(generateApiKey())).toBe("unknown_key");
    expect(codeOf(`${past.slice(0, -1)}_`)).toBe("malformed_credentials");
    // The digests of the file are no keys.
    expect(codeOf(`sark_${digestOf(past)}`)).toBe("malformed_credentials");
  });
});

describe("generateAdminKey", () => {
  it("makes one key for a first start, and leaves it in a file", async () => {
    const { key, keyFile } = await generateAdminKey(file);
    expect(keyFile).toBe(join(folder, "admin.key"));
    expect(await readFile(keyFile, "utf8")).toBe(`${key}\n`);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await open()).authenticate(key).principal).toMatchObject({ id: "admin", roles: ["admin"] });
    await expect(generateAdminKey(file)).rejects.toThrow("has keys already");
    expect(await readFile(keyFile, "utf8")).toBe(`${key}\n`);
  });

  it("leaves the one key that works in the file, where several start at once", async () => {
    const started = await Promise.allSettled(Array.from({ length: 4 }, () => generateAdminKey(file)));
    expect(started.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    const key = (await readFile(join(folder, "admin.key"), "utf8")).trim();
    expect((await open()).authenticate(key).principal.id).toBe("admin");
  });
});

describe("the file of keys", () => {
  it.each([
    ["is missing", async () => {}, "missing"],
    ["may be read by others", () => writeFile(file, '{"version":1,"keys":[]}', { mode: 0o640 }), "exposed"],
    ["is no JSON", () => writeFile(file, "{", { mode: 0o600 }), "invalid"],
    [
      "says something else",
      () => writeFile(file, '{"version":1,"keys":[{"id":"a","key":"secret"}]}', { mode: 0o600 }),
      "invalid",
    ],
    [
      "is a pipe that no program writes",
      async () => void execFileSync("mkfifo", ["-m", "600", file]),
      "invalid",
    ],
    ["is of another version", () => writeFile(file, '{"version":2,"keys":[]}', { mode: 0o600 }), "invalid"],
  ])("that %s ends the start", async (_what, prepare, code) => {
    await prepare();
    await expect(open()).rejects.toMatchObject({ name: "ApiKeyFileError", code });
    expect(observer.apiKeysLoaded).not.toHaveBeenCalled();
  });

  it("is taken up anew when it changes: keys come and go", async () => {
    const alice = await issueApiKey(file, { id: "alice", principal: "alice" });
    const store = await open();
    const bob = await issueApiKey(file, { id: "bob", principal: "bob" });
    await vi.waitFor(() => expect(store.authenticate(bob).principal.id).toBe("bob"), WAIT);
    const { version, keys } = JSON.parse(await readFile(file, "utf8")) as {
      version: number;
      keys: { id: string }[];
    };
    await writeFile(file, JSON.stringify({ version, keys: keys.filter(({ id }) => id !== "alice") }));
    await vi.waitFor(() => expect(() => store.authenticate(alice)).toThrow("withdrawn"), WAIT);
    expect(store.authenticate(bob).principal.id).toBe("bob");
  });

  it("keeps the keys before through a broken edit, and says so once", async () => {
    const alice = await issueApiKey(file, { id: "alice", principal: "alice" });
    const good = await readFile(file, "utf8");
    const store = await open();
    await chmod(file, 0o644);
    await vi.waitFor(() => expect(store.loadError()).toContain("chmod 600"), WAIT);
    expect(store.authenticate(alice).principal.id).toBe("alice");
    await chmod(file, 0o600);
    await vi.waitFor(() => expect(store.loadError()).toBeNull(), WAIT);
    await writeFile(file, good.slice(0, 20));
    await vi.waitFor(() => expect(store.loadError()).toContain("is not JSON"), WAIT);
    await writeFile(file, good);
    await vi.waitFor(() => expect(store.loadError()).toBeNull(), WAIT);
    expect(store.authenticate(alice).principal.id).toBe("alice");
    expect(observer.apiKeysLoadFailed).toHaveBeenCalledTimes(2);
  });
});
