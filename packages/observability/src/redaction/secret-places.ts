/** Members that name what stands beside them, lower case. */
const NAMING: ReadonlySet<string> = new Set(
  (
    "name key header field id param parameter label k title variable var env option flag property attribute " +
    "question placeholder selector element locator"
  ).split(" "),
);

/** Members that hold what is named, lower case. */
const HOLDING: ReadonlySet<string> = new Set(
  "value values val v content contents data text string raw plaintext default current old new oldvalue newvalue old_value new_value stringvalue string_value answer".split(
    " ",
  ),
);

/** `headerName` and what it belongs to, `header`; lower case. */
const COMPOUND_NAME = /^(.{1,40}?)[-_. ]?(?:name|key)$/;
const COMPOUND_VALUE = /^(.{1,40}?)[-_. ]?(?:value|values|val)$/;

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

/** What the name of a member says by itself. */
interface Member {
  /** In lower case. */
  readonly key: string;
  /** It may name what stands beside it. */
  readonly names: boolean;
  /** `header` of `headerName`. */
  readonly compound: string | undefined;
}

/** Names recur: reading them twice costs a third of a log line. Bounded, as names may come from outside. */
const MAX_REMEMBERED = 2_000;
const remembered = new Map<string, Member>();

function readMember(name: string): Member {
  const known = remembered.get(name);
  if (known !== undefined) {
    return known;
  }
  const key = name.toLowerCase();
  const member = {
    key,
    names: key === "type" || key === "path" || NAMING.has(key),
    compound: COMPOUND_NAME.exec(key)?.[1],
  };
  if (remembered.size < MAX_REMEMBERED && name.length <= MAX_NAME) {
    remembered.set(name, member);
  }
  return member;
}

/**
 * Finds the places in a record that hold secrets by what stands next to them, with a test of names such as
 * `createSecretNameTest` gives.
 */
export function createSecretPlaces(isSecretName: (name: string) => boolean): SecretPlaces {
  /** Does this member say that what stands beside it is a secret? */
  function names(key: string, name: string, record: Readonly<Record<string, unknown>>): boolean {
    // A form's input of this type; of other types the word says something else ("token", in a parser).
    if (key === "type") {
      return /^(?:password|secret)$/i.test(name);
    }
    // RFC 6902.
    if (key === "path") {
      return typeof record["op"] === "string" && isSecretName(name);
    }
    return NAMING.has(key) && isSecretName(name);
  }

  return {
    isPairedSecret(record) {
      let beside = false;
      let compounds: Set<string> | undefined;
      for (const member of Object.keys(record)) {
        const { key, names: mayName, compound } = readMember(member);
        if (!mayName && compound === undefined) {
          continue;
        }
        const name = record[member];
        if (typeof name !== "string" || name.length > MAX_NAME) {
          continue;
        }
        beside ||= mayName && names(key, name, record);
        if (compound !== undefined && isSecretName(name)) {
          (compounds ??= new Set()).add(compound);
        }
      }
      if (!beside && compounds === undefined) {
        return NONE;
      }
      return (member) => {
        const key = member.toLowerCase();
        return (beside && HOLDING.has(key)) || compounds?.has(COMPOUND_VALUE.exec(key)?.[1] ?? "") === true;
      };
    },
    announcesSecret(entry) {
      if (typeof entry !== "string" || entry.length > MAX_NAME) {
        return false;
      }
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
