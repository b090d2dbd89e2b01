/** Members that name what stands beside them, lower case. */
const NAMING: ReadonlySet<string> = new Set(
  "name key header field id param parameter label k title variable var env option flag property attribute".split(
    " ",
  ),
);

/** Members that hold what is named, lower case. */
const HOLDING: ReadonlySet<string> = new Set(
  "value values val v content contents data text string raw plaintext default current old new oldvalue newvalue old_value new_value stringvalue string_value".split(
    " ",
  ),
);

/** Characters of what names something; longer ones are text. */
const MAX_NAME = 64;

/** Finds secrets by where they stand, beside those that stand under a name of their own. */
export interface SecretPlaces {
  /** Is `key` the value of a `{name, value}` pair, as lists of headers, cookies and variables have them? */
  isPairedSecret(record: Readonly<Record<string, unknown>>): (key: string) => boolean;
  /** Is what follows this entry of a list a secret: `["Authorization", "…"]`, `["--password", "…"]`? */
  announcesSecret(entry: unknown): boolean;
}

const NONE = (): boolean => false;
const HOLDS = (key: string): boolean => HOLDING.has(key.toLowerCase());

export function createSecretPlaces(isSecretName: (name: string) => boolean): SecretPlaces {
  return {
    isPairedSecret(record) {
      for (const key of Object.keys(record)) {
        const name = record[key];
        if (typeof name !== "string" || name.length > MAX_NAME || !NAMING.has(key.toLowerCase())) continue;
        if (isSecretName(name)) return HOLDS;
      }
      return NONE;
    },
    announcesSecret(entry) {
      if (typeof entry !== "string" || entry.length > MAX_NAME) return false;
      const name = entry.replace(/^-{1,2}/, "").replace(/\s*[:=]$/, "");
      // What carries a value already, or is a sentence, announces nothing.
      return !/[:=]|\s\S+\s\S+\s/.test(name) && isSecretName(name);
    },
  };
}

/** Absence and yes/no are worth seeing and give nothing away. */
export function givesAway(value: unknown): boolean {
  return value !== null && value !== undefined && value !== "" && typeof value !== "boolean";
}
