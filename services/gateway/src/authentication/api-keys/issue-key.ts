import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "@sark/observability/files";
import type { JsonObject } from "../../domain/json.ts";
import { ApiKeyFileError, parseKeyFile, readKeyFile, type ApiKeyFile } from "./key-file.ts";
import { digestOf, generateApiKey } from "./key-format.ts";

export interface NewApiKey {
  /** Names the key to people, and must be new; e.g. `alice-laptop`. */
  readonly id: string;
  /** Whom it speaks for. */
  readonly principal: string;
  readonly type?: "user" | "agent";
  readonly roles?: readonly string[];
  readonly tenant?: string | null;
  readonly attributes?: JsonObject;
  readonly expires?: Date | null;
}

/**
 * Adds a key to the file (which is made when it is missing) and returns it: it cannot be seen again. One
 * caller at a time; a gateway that runs takes it up within seconds. Throws `ApiKeyFileError`.
 */
export async function issueApiKey(file: string, request: NewApiKey): Promise<string> {
  const key = generateApiKey();
  await replace(file, withKey(file, await readOrStart(file), key, request));
  return key;
}

/**
 * For a first start: makes the file with one key of role `admin`, and keeps the key itself in `admin.key`
 * beside it, both readable by their owner only. Throws `ApiKeyFileError` where the file has keys already.
 */
export async function generateAdminKey(
  file: string,
): Promise<{ readonly key: string; readonly keyFile: string }> {
  const existing = await readOrStart(file);
  if (existing.keys.length > 0) {
    throw new ApiKeyFileError("invalid", `${file} has keys already; no second admin key is made.`);
  }
  const key = generateApiKey();
  const keyFile = join(dirname(file), "admin.key");
  // In this order a crash in between leaves a first start to do, not a key that is lost.
  await replace(keyFile, `${key}\n`);
  const text = withKey(file, existing, key, { id: "admin", principal: "admin", roles: ["admin"] });
  await replace(file, text);
  return { key, keyFile };
}

/** The file's text with one more key; refuses what could not be read again. */
function withKey(file: string, { keys }: ApiKeyFile, key: string, request: NewApiKey): string {
  const record = {
    id: request.id,
    sha256: digestOf(key),
    principal: request.principal,
    type: request.type ?? "user",
    roles: request.roles ?? [],
    tenant: request.tenant ?? null,
    attributes: request.attributes ?? {},
    created: new Date().toISOString(),
    expires: request.expires?.toISOString() ?? null,
  };
  const text = `${JSON.stringify({ version: 1, keys: [...keys, record] }, null, 2)}\n`;
  parseKeyFile(file, text);
  return text;
}

async function readOrStart(file: string): Promise<ApiKeyFile> {
  try {
    return await readKeyFile(file);
  } catch (error) {
    if (error instanceof ApiKeyFileError && error.code === "missing") {
      return { version: 1, keys: [] };
    }
    throw error;
  }
}

async function replace(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await replaceFile(file, text);
}
