/** What a strict receiver refuses: with it, in the worst case, go the other events of its request. */
class Refusal extends Error {
  override readonly name = "Refusal";
}

const MAX_LEVELS = 20;
const ADDRESS = /^[\d.]+$|^[\da-f:]+$/i;
const CONTROL = /[\p{Cc}\u2028\u2029]/u;
/** Wherever any reader ends a line; Python's `splitlines` knows eleven places. */
const LINE_END = /[\p{Cc}\u2028\u2029]/u;

export const linesOf = (text: string): string[] => text.split(LINE_END).filter((line) => line !== "");

/** Reads the JSON of one object as the strictest of readers would. */
export function readStrictly(text: string): Record<string, unknown> {
  if (CONTROL.test(text)) {
    throw new Refusal("a control character as it is");
  }
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i.test(text)) {
    throw new Refusal("NUL or half a character");
  }
  const value = JSON.parse(text, (_key, parsed: unknown, context?: { readonly source?: string }) => {
    if (typeof parsed === "number" && !/^-?\d{1,16}(\.\d+)?$/.test(context?.source ?? "")) {
      throw new Refusal(`number ${context?.source}`);
    }
    return parsed;
  }) as Record<string, unknown>;
  walk(value, "", 0, () => undefined);
  return value;
}

/** Calls `leaf` for each plain value with its flattened name; refuses names that no store can tell apart. */
function walk(
  value: unknown,
  path: string,
  level: number,
  leaf: (path: string, value: unknown) => void,
): void {
  if (typeof value !== "object" || value === null) {
    return leaf(path, value);
  }
  if (level >= MAX_LEVELS) {
    throw new Refusal("too deep");
  }
  if (Array.isArray(value)) {
    return value.forEach((item) => walk(item, path, level + 1, leaf));
  }
  const seen = new Set<string>();
  for (const [key, child] of Object.entries(value)) {
    const folded = key.normalize("NFKC").toLowerCase();
    if (!/^[\p{L}\p{N}@]/u.test(key) || /\p{C}/u.test(key) || seen.has(folded)) {
      throw new Refusal(`key ${key}`);
    }
    if (["constructor", "prototype"].includes(key)) {
      throw new Refusal(`key ${key}`);
    }
    seen.add(folded);
    walk(child, path === "" ? folded : `${path}.${folded}`, level + 1, leaf);
  }
}

/** A store with one type for each field, as Elasticsearch is: the first value decides, and 1,000 fields are all. */
export function createTypedStore(maxFields = 1_000): { add(document: Record<string, unknown>): void } {
  const types = new Map<string, string>();
  return {
    add(document) {
      walk(document, "", 0, (path, value) => {
        if (value === null) {
          return;
        }
        if (typeof value === "string" && path !== "message" && Buffer.byteLength(value) > 32_766) {
          throw new Refusal(`the keyword ${path} is immense`);
        }
        if (typeof value === "number" && Math.abs(value) >= 2 ** 63) {
          throw new Refusal(`${path} is no long`);
        }
        if (path.endsWith(".ip") && (typeof value !== "string" || !ADDRESS.test(value))) {
          throw new Refusal(`${path} is no address`);
        }
        const known = types.get(path) ?? typeof value;
        if (known !== typeof value) {
          throw new Refusal(`${path} is ${known}, not ${typeof value}`);
        }
        if (
          !types.has(path) &&
          [...types.keys()].some((other) => isWithin(other, path) || isWithin(path, other))
        ) {
          throw new Refusal(`${path} is an object and a value`);
        }
        types.set(path, known);
        if (types.size > maxFields) {
          throw new Refusal("too many fields");
        }
      });
    },
  };
}

const isWithin = (inner: string, outer: string): boolean => inner.startsWith(`${outer}.`);

/** Datadog's limits of one entry. */
export function acceptAttributes(entry: Record<string, unknown>): void {
  const attributes = new Set<string>();
  walk(entry, "", 0, (path) => attributes.add(path));
  for (const path of attributes) {
    if (path.split(".").some((key) => key.length > 50)) {
      throw new Refusal(`a key of ${path} is too long`);
    }
  }
  if (attributes.size > 256) {
    throw new Refusal("too many attributes");
  }
}

/** The pairs of a CEF line, by the rules of its standard. */
export function readCef(line: string): Record<string, string> {
  if (CONTROL.test(line)) {
    throw new Refusal("a control character in CEF");
  }
  const header = /^CEF:0\|((?:[^|\\]|\\[|\\])*\|){6}/.exec(line);
  if (header === null) {
    throw new Refusal("no CEF header");
  }
  const extension = line.slice(header[0].length);
  const starts = [...extension.matchAll(/(?:^| )([A-Za-z0-9]+)=/g)].filter(
    ({ index }) => !isEscaped(extension, index),
  );
  return Object.fromEntries(
    starts.map((start, at) => {
      const value = extension.slice(start.index + start[0].length, starts[at + 1]?.index);
      if (/(?<!\\)(?:\\\\)*=/.test(value)) {
        throw new Refusal(`a bare = in ${start[1]}`);
      }
      return [start[1] ?? "", value];
    }),
  );
}

function isEscaped(text: string, at: number): boolean {
  return /(?<!\\)(?:\\\\)*\\$/.test(text.slice(0, at));
}

export interface SyslogMessage {
  readonly structuredData: Record<string, string>;
  readonly message: string;
}

/** Messages framed by octet counting (RFC 6587), each by RFC 5424's grammar. */
export function readSyslog(stream: Buffer): SyslogMessage[] {
  const messages: SyslogMessage[] = [];
  for (let at = 0; at < stream.length;) {
    const space = stream.indexOf(" ", at);
    const length = Number(stream.toString("latin1", at, space));
    if (!(length > 0)) {
      throw new Refusal("the framing is lost");
    }
    messages.push(readMessage(stream.toString("utf8", space + 1, space + 1 + length)));
    at = space + 1 + length;
  }
  return messages;
}

const MESSAGE =
  /^<\d{1,3}>1 (?:19|20)\d\d-\d\d-\d\dT[\d:.]{8,15}Z [\x21-\x7e]{1,255} [\x21-\x7e]{1,48} [\x21-\x7e]{1,128} [\x21-\x7e]{1,32} \[sark@32473((?: [a-z_]+="(?:[^"\\\]]|\\["\\\]])*")*)\] (.*)$/su;

function readMessage(text: string): SyslogMessage {
  const [, parameters, message] = MESSAGE.exec(text) ?? [];
  if (parameters === undefined || message === undefined) {
    throw new Refusal(`not RFC 5424: ${text.slice(0, 200)}`);
  }
  if (CONTROL.test(text)) {
    throw new Refusal("a control character in a message");
  }
  const pairs = [...parameters.matchAll(/ ([a-z_]+)="((?:[^"\\\]]|\\["\\\]])*)"/g)];
  return {
    structuredData: Object.fromEntries(pairs.map(([, name = "", value = ""]) => [name, value])),
    message,
  };
}
