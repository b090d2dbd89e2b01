const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = new Set([0x5b, 0x7b]);
const CLOSING = new Set([0x5d, 0x7d]);
const BLANK = new Set([0x20, 0x09, 0x0d]);

/** Longest id that is looked for, as JSON text. */
const MAX_TOKEN = 300;

/** Reads a JSON-RPC message that is too long to be kept, byte by byte, for nothing but the request that it responds to. */
export interface OversizedLine {
  push(bytes: Buffer): void;
  /** The outermost `id`, the last one if there are several; `undefined` where there is none, or a `method` beside it. */
  respondsTo(): string | number | undefined;
}

/** Keeps no more than one short token, whatever comes. Of text that is no JSON it says anything or nothing. */
export function createOversizedLine(): OversizedLine {
  let depth = 0;
  let inString = false;
  let escaped = false;
  let token: number[] | null = [];
  let key: string | null = null;
  let found: string | number | undefined;
  let hasMethod = false;

  function take(byte: number): void {
    if (depth !== 1 || token === null) {
      return;
    }
    if (token.length >= MAX_TOKEN) {
      token = null;
    } else {
      token.push(byte);
    }
  }

  function value(): unknown {
    if (token === null) {
      return undefined;
    }
    try {
      return JSON.parse(Buffer.from(token).toString("utf8"));
    } catch {
      return undefined;
    }
  }

  function endMember(): void {
    if (key === "id") {
      const id = value();
      found = typeof id === "string" || typeof id === "number" ? id : undefined;
    }
    // Its id is the server's own then, and may be that of a client's request by chance.
    hasMethod ||= key === "method";
    key = null;
    token = [];
  }

  function structural(byte: number): void {
    if (OPENING.has(byte)) {
      // What is nested is no token of the outermost object.
      if (depth === 1) {
        token = null;
      }
      depth += 1;
      if (depth === 1) {
        token = [];
      }
    } else if (CLOSING.has(byte)) {
      if (depth === 1) {
        endMember();
      }
      depth -= 1;
    } else if (depth === 1 && byte === COMMA) {
      endMember();
    } else if (depth === 1 && byte === COLON) {
      const name = value();
      key = typeof name === "string" ? name : null;
      token = [];
    } else if (!BLANK.has(byte)) {
      take(byte);
    }
  }

  /** Where a string goes on that is of no interest: to its end at once. Returns where to read on. */
  function skipString(bytes: Buffer, from: number): number {
    const quote = bytes.indexOf(QUOTE, from);
    const end = quote === -1 ? bytes.length : quote;
    let backslashes = 0;
    while (end - backslashes > from && bytes[end - backslashes - 1] === BACKSLASH) {
      backslashes += 1;
    }
    const odd = backslashes % 2 === 1;
    if (quote === -1) {
      escaped = odd;
    } else {
      inString = odd;
    }
    return end + 1;
  }

  function read(byte: number): void {
    if (!inString) {
      if (byte !== QUOTE) {
        structural(byte);
        return;
      }
      inString = true;
    } else if (escaped) {
      escaped = false;
    } else if (byte === BACKSLASH) {
      escaped = true;
    } else if (byte === QUOTE) {
      inString = false;
    }
    take(byte);
  }

  return {
    push: (bytes) => {
      let at = 0;
      while (at < bytes.length) {
        const skips = inString && !escaped && (depth !== 1 || token === null);
        if (skips) {
          at = skipString(bytes, at);
        } else {
          read(bytes[at++] ?? 0);
        }
      }
    },
    respondsTo: () => (hasMethod ? undefined : found),
  };
}
