import { dirname, join } from "node:path";
import type { JsonObject } from "@sark/json";
import { editKeyFile, writePrivately } from "./edit-key-file.ts";
import { ApiKeyFileError, type ApiKeyFile, type ApiKeyRecord } from "./key-file.ts";
import { digestOf, generateApiKey } from "@sark/authentication";

export interface NewApiKey {
  /** Names the key to people, and must be new; e.g. `alice-laptop`. */
  readonly id: string;
  /** The user or agent that it authenticates. */
  readonly principal: string;
  readonly type?: "user" | "agent";
  readonly roles?: readonly string[];
  readonly tenant?: string | null;
  readonly attributes?: JsonObject;
  /** What the key is for alone; without it, whatever policy permits. */
  readonly scope?: ApiKeyRecord["scope"];
  readonly expires?: Date | null;
}

/**
 * Adds a key to the file (which is made when it is missing) and returns it: nothing can show it again. A gateway that
 * runs takes it up within seconds. Throws `ApiKeyFileError`, with `taken` where there is a key of this id.
 */
export async function issueApiKey(file: string, request: NewApiKey): Promise<string> {
  const key = generateApiKey();
  await editKeyFile(file, (content) => {
    if (content.keys.some(({ id }) => id === request.id)) {
      throw new ApiKeyFileError("taken", `There is a key ${JSON.stringify(request.id)} in ${file} already.`);
    }
    return withKey(content, key, request);
  });
  return key;
}

/**
 * Takes a key out of the file. A gateway that runs refuses it within seconds. Throws `ApiKeyFileError`, with
 * `unknown_id` where there is none.
 */
export async function revokeApiKey(file: string, id: string): Promise<void> {
  await editKeyFile(file, ({ version, keys }) => {
    const left = keys.filter((key) => key.id !== id);
    if (left.length === keys.length) {
      throw new ApiKeyFileError("unknown_id", `There is no key ${JSON.stringify(id)} in ${file}.`);
    }
    return { version, keys: left };
  });
}

/**
 * For a first start: makes the file with one key of role `admin`, and keeps the key itself in `admin.key`
 * beside it, both readable by their owner only. Throws `ApiKeyFileError` where the file has keys already.
 */
export async function generateAdminKey(
  file: string,
): Promise<{ readonly key: string; readonly keyFile: string }> {
  const key = generateApiKey();
  const keyFile = join(dirname(file), "admin.key");
  await editKeyFile(file, async (content) => {
    if (content.keys.length > 0) {
      throw new ApiKeyFileError("invalid", `${file} has keys already; no second admin key is made.`);
    }
    // In this order a crash in between leaves a first start to do, not a key that is lost.
    await writePrivately(keyFile, `${key}\n`);
    return withKey(content, key, { id: "admin", principal: "admin", roles: ["admin"] });
  });
  return { key, keyFile };
}

function withKey({ version, keys }: ApiKeyFile, key: string, request: NewApiKey): ApiKeyFile {
  const record: ApiKeyRecord = {
    id: request.id,
    sha256: digestOf(key),
    previous: [],
    principal: request.principal,
    type: request.type ?? "user",
    roles: [...(request.roles ?? [])],
    tenant: request.tenant ?? null,
    attributes: request.attributes ?? {},
    scope: request.scope ?? null,
    created: new Date().toISOString(),
    expires: request.expires?.toISOString() ?? null,
  };
  return { version, keys: [...keys, record] };
}
