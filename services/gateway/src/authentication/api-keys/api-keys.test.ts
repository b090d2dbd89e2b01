import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type AuthenticationError, digestOf, generateApiKey, isApiKey } from "@sark/authentication";
import type { AuthenticationObserver } from "../contract/observer.ts";
import { openApiKeyStore, type ApiKeyStore } from "./api-key-store.ts";
import { generateAdminKey, issueApiKey, revokeApiKey } from "./issue-key.ts";
import { readKeyFile } from "./key-file.ts";
import { readKeyUsage, recordKeyUsage, usageFileOf } from "./key-usage.ts";
import { rotateApiKey } from "./rotate-key.ts";

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
    apiKeyUsageNotWritten: vi.fn<AuthenticationObserver["apiKeyUsageNotWritten"]>(),
    signingKeyFileChanged: vi.fn<AuthenticationObserver["signingKeyFileChanged"]>(),
    signingKeysFetchFailed: vi.fn<AuthenticationObserver["signingKeysFetchFailed"]>(),
    signingKeysFetched: vi.fn<AuthenticationObserver["signingKeysFetched"]>(),
  };
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
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

describe("a key that is rotated", () => {
  it("is good beside the new one until the overlap ends, as the same credential [GTW-1]", async () => {
    const old = await issueApiKey(file, { id: "bot", principal: "build-bot", type: "agent", roles: ["ci"] });
    const store = await open();
    const before = store.authenticate(old);
    const { key } = await rotateApiKey(file, "bot", { overlapMs: 3_600_000 });
    await vi.waitFor(() => expect(store.authenticate(key)).toEqual(before), WAIT);
    expect(store.authenticate(old)).toBe(store.authenticate(key));
    const [record] = (await readKeyFile(file)).keys;
    expect(record).toMatchObject({ id: "bot", sha256: digestOf(key), expires: null });
    expect(record?.previous).toMatchObject([{ sha256: digestOf(old) }]);
    const ends = Date.parse(record?.previous[0]?.expires ?? "");
    expect(ends).toBeGreaterThan(Date.now() + 3_500_000);
    expect(ends).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  it("loses its power with the overlap, without a change of the file [GTW-1]", async () => {
    const old = await issueApiKey(file, { id: "bot", principal: "bot" });
    await rotateApiKey(file, "bot", { overlapMs: 1_500 });
    const store = await open();
    await vi.waitFor(() => expect(codeOf(store, old)).toBe("expired_key"), WAIT);
    expect((await readKeyFile(file)).keys[0]?.previous).toHaveLength(1);
  });

  it("without an overlap is good no longer [GTW-1]", async () => {
    const old = await issueApiKey(file, { id: "bot", principal: "bot" });
    const { key } = await rotateApiKey(file, "bot", { overlapMs: 0 });
    const store = await open();
    expect([codeOf(store, old), codeOf(store, key)]).toEqual(["unknown_key", "ok"]);
  });

  it("outlives nothing: neither its own end, nor its revocation [GTW-1]", async () => {
    const expires = new Date(Date.now() + 3_600_000);
    const first = await issueApiKey(file, { id: "bot", principal: "bot", expires });
    const { record } = await rotateApiKey(file, "bot", { overlapMs: 86_400_000 });
    expect(record.previous).toMatchObject([{ sha256: digestOf(first), expires: expires.toISOString() }]);
    // The new one lives as long as the one before was made for.
    expect(Date.parse(record.expires ?? "") - Date.parse(record.created)).toBeGreaterThan(3_500_000);
    const later = new Date(Date.now() + 7_200_000);
    const again = await rotateApiKey(file, "bot", { overlapMs: 1_800_000, expires: later });
    expect(again.record).toMatchObject({ expires: later.toISOString(), previous: [{}, {}] });
    await revokeApiKey(file, "bot");
    const store = await open();
    expect([codeOf(store, first), codeOf(store, again.key)]).toEqual(["unknown_key", "unknown_key"]);
  });

  it("takes the place of five that are still good at most, and of none that there is not [GTW-1]", async () => {
    await issueApiKey(file, { id: "bot", principal: "bot" });
    for (let times = 0; times < 5; times++) {
      await rotateApiKey(file, "bot", { overlapMs: 3_600_000 });
    }
    const before = await readFile(file, "utf8");
    await expect(rotateApiKey(file, "bot", { overlapMs: 1_000 })).rejects.toMatchObject({
      code: "overlapping",
    });
    await expect(rotateApiKey(file, "bat", { overlapMs: 1_000 })).rejects.toMatchObject({
      code: "unknown_id",
    });
    expect(await readFile(file, "utf8")).toBe(before);
    await rotateApiKey(file, "bot", { overlapMs: 0 });
  });
});

describe("a key with a scope", () => {
  it("says what it is for, and what cannot be bounded is refused [GTW-1]", async () => {
    const scope = [
      { server: "github", tools: ["search"] },
      { server: "files", tools: null },
    ];
    const key = await issueApiKey(file, { id: "ci", principal: "ci", type: "agent", scope });
    expect((await open()).authenticate(key).principal.scope).toEqual(scope);
    const issue = (more: object) => issueApiKey(file, { id: "x", principal: "x", ...more });
    for (const role of ["admin", "operator", "auditor", "metrics", "gateway"]) {
      await expect(issue({ scope, roles: ["ci", role] })).rejects.toThrow(`cannot have the role ${role}`);
    }
    await expect(issue({ scope: [] })).rejects.toMatchObject({ code: "invalid" });
    await expect(issue({ scope: [{ server: "a", tools: [] }] })).rejects.toMatchObject({ code: "invalid" });
    await expect(issue({ scope: [...scope, { server: "github", tools: null }] })).rejects.toThrow("twice");
  });
});

describe("when keys were used last", () => {
  it("is kept in memory and written beside the file, never in it [GTW-1]", async () => {
    const key = await issueApiKey(file, { id: "a", principal: "alice" });
    const unused = await issueApiKey(file, { id: "b", principal: "bob" });
    const content = await readFile(file, "utf8");
    const store = await openApiKeyStore({ file, observer, usageMs: 3_600_000 });
    const began = Date.now();
    store.authenticate(key);
    expect(codeOf(store, generateApiKey())).toBe("unknown_key");
    expect(readKeyUsage(file).size).toBe(0);
    await store.close();
    const usage = readKeyUsage(file);
    expect([...usage.keys()]).toEqual([digestOf(key)]);
    expect(usage.get(digestOf(key))).toBeGreaterThanOrEqual(began);
    expect(usage.has(digestOf(unused))).toBe(false);
    expect(await readFile(file, "utf8")).toBe(content);
    expect((await stat(usageFileOf(file))).mode & 0o777).toBe(0o600);
  });

  it("is that of all gateways on one file together, and forgotten with the key [GTW-1]", async () => {
    const one = await issueApiKey(file, { id: "a", principal: "a" });
    const two = await issueApiKey(file, { id: "b", principal: "b" });
    const opened = [20, 20].map((usageMs) => openApiKeyStore({ file, observer, usageMs, pollMs: 200 }));
    const [here, there] = (await Promise.all(opened)) as [ApiKeyStore, ApiKeyStore];
    stores.push(here, there);
    const shown = () => [...readKeyUsage(file).keys()].toSorted();
    here.authenticate(one);
    await vi.waitFor(() => expect(shown()).toEqual([digestOf(one)]), WAIT);
    there.authenticate(two);
    await vi.waitFor(() => expect(shown()).toEqual([digestOf(one), digestOf(two)].toSorted()), WAIT);
    await revokeApiKey(file, "a");
    await vi.waitFor(() => expect(codeOf(there, one)).toBe("unknown_key"), WAIT);
    there.authenticate(two);
    await vi.waitFor(() => expect(shown()).toEqual([digestOf(two)]), WAIT);
  });

  it("is added to, and written whole no more often than it grows to twice its size [GTW-1]", async () => {
    const digests = Array.from({ length: 2_000 }, (_, at) => digestOf(`key ${at}`));
    const usage = recordKeyUsage({
      keyFile: file,
      isKey: () => true,
      failed: ({ message }) => expect.unreachable(message),
      intervalMs: 5,
    });
    const inode = async () => (await stat(usageFileOf(file))).ino;
    digests.forEach((digest) => usage.used(digest));
    await vi.waitFor(() => expect(readKeyUsage(file).size).toBe(2_000), WAIT);
    const [first, { size }] = [await inode(), await stat(usageFileOf(file))];
    const later = digests[7]!;
    const before = readKeyUsage(file).get(later)!;
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(before), WAIT);
    usage.used(later);
    await vi.waitFor(() => expect(readKeyUsage(file).get(later)).toBeGreaterThan(before), WAIT);
    // One line more, in the same file.
    expect(await inode()).toBe(first);
    expect((await stat(usageFileOf(file))).size - size).toBe(91);
    // A line that a killed process left in its middle is none.
    await appendFile(usageFileOf(file), digests[8]!.slice(0, 40));
    expect(readKeyUsage(file).size).toBe(2_000);
    for (let round = 0; round < 3; round += 1) {
      const sizeBefore = (await stat(usageFileOf(file))).size;
      digests.forEach((digest) => usage.used(digest));
      await vi.waitFor(async () => expect((await stat(usageFileOf(file))).size).not.toBe(sizeBefore), WAIT);
    }
    expect(await inode()).not.toBe(first);
    expect((await stat(usageFileOf(file))).size).toBeLessThan(3 * size);
    await usage.close();
    expect(readKeyUsage(file).size).toBe(2_000);
  });

  it("is not lost where a key is used while the use before is written [GTW-1]", async () => {
    const digest = digestOf("key");
    let usedMeanwhile: number | null = null;
    const usage = recordKeyUsage({
      keyFile: file,
      // Asked of each key when the times to write are known.
      isKey() {
        if (usedMeanwhile === null) {
          usedMeanwhile = Date.now() + 1_000;
          const clock = vi.spyOn(Date, "now").mockReturnValue(usedMeanwhile);
          usage.used(digest);
          clock.mockRestore();
        }
        return true;
      },
      failed: ({ message }) => expect.unreachable(message),
      intervalMs: 3_600_000,
    });
    usage.used(digest);
    // Each writes what is new.
    await usage.close();
    expect(usedMeanwhile).not.toBeNull();
    await usage.close();
    expect(readKeyUsage(file).get(digest)).toBe(usedMeanwhile);
  });

  it("that cannot be written, or is broken, costs no caller anything, and is told once [GTW-1]", async () => {
    const key = await issueApiKey(file, { id: "a", principal: "alice" });
    await writeFile(usageFileOf(file), "{");
    expect(readKeyUsage(file).size).toBe(0);
    await rm(usageFileOf(file));
    await mkdir(usageFileOf(file));
    const store = await openApiKeyStore({ file, observer, usageMs: 10 });
    stores.push(store);
    store.authenticate(key);
    await vi.waitFor(() => expect(observer.apiKeyUsageNotWritten).toHaveBeenCalledOnce(), WAIT);
    expect(codeOf(store, key)).toBe("ok");
    await rm(usageFileOf(file), { recursive: true });
    await vi.waitFor(() => expect(readKeyUsage(file).size).toBe(1), WAIT);
    expect(observer.apiKeyUsageNotWritten).toHaveBeenCalledOnce();
  });
});

function codeOf(store: ApiKeyStore, key: string): string {
  try {
    store.authenticate(key);
    return "ok";
  } catch (error) {
    return (error as AuthenticationError).code;
  }
}
