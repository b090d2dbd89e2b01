import { editKeyFile } from "./edit-key-file.ts";
import { ApiKeyFileError, type ApiKeyRecord } from "./key-file.ts";
import { digestOf, generateApiKey } from "@sark/authentication";
import { MAX_PREVIOUS } from "./key-schema.ts";

export interface Rotation {
  /** How long the key before stays good, in milliseconds; 0: no longer than it takes a gateway to see the change. */
  readonly overlapMs: number;
  /** When the new key ends; without it, it lives as long as the one before was made for. */
  readonly expires?: Date | undefined;
}

/**
 * Makes a new key in the place of an older one, of the same name, principal and rights, and returns it: nothing can show
 * it again. Throws `ApiKeyFileError`, with `unknown_id` where there is none, and `overlapping` where many older ones are still good.
 */
export async function rotateApiKey(
  file: string,
  id: string,
  { overlapMs, expires }: Rotation,
): Promise<{ readonly key: string; readonly record: ApiKeyRecord }> {
  const key = generateApiKey();
  const now = Date.now();
  let rotated: ApiKeyRecord | undefined;
  await editKeyFile(file, ({ version, keys }) => {
    const former = keys.find((one) => one.id === id);
    if (former === undefined) {
      throw new ApiKeyFileError("unknown_id", `There is no key ${JSON.stringify(id)} in ${file}.`);
    }
    const previous = stillGood([...former.previous, { sha256: former.sha256, expires: former.expires }], {
      now,
      until: now + overlapMs,
      newest: former.sha256,
    });
    if (previous.length > MAX_PREVIOUS) {
      throw new ApiKeyFileError(
        "overlapping",
        `${MAX_PREVIOUS} older keys ${JSON.stringify(id)} are still good: wait until one of them ends.`,
      );
    }
    const record = {
      ...former,
      sha256: digestOf(key),
      previous,
      created: new Date(now).toISOString(),
      expires: expires?.toISOString() ?? lifetimeAgain(former, now),
    };
    rotated = record;
    return { version, keys: keys.map((one) => (one === former ? record : one)) };
  });
  return { key, record: rotated as ApiKeyRecord };
}

/** The newest of them ends with the overlap, and none of them later than it would have. */
function stillGood(
  keys: readonly { readonly sha256: string; readonly expires: string | null }[],
  { now, until, newest }: { readonly now: number; readonly until: number; readonly newest: string },
) {
  return keys.flatMap(({ sha256, expires }) => {
    const own = expires === null ? Infinity : Date.parse(expires);
    const ends = sha256 === newest ? Math.min(own, until) : own;
    return ends <= now ? [] : [{ sha256, expires: new Date(ends).toISOString() }];
  });
}

function lifetimeAgain({ created, expires }: ApiKeyRecord, now: number): string | null {
  return expires === null ? null : new Date(now + Date.parse(expires) - Date.parse(created)).toISOString();
}
