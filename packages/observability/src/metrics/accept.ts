/** One media range of an `Accept` header (RFC 9110, section 12.5.1); names in lower case. */
export interface MediaRange {
  /** `text/plain`, `text/*` or `*`/`*`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
  /** From 0 (not acceptable) to 1. */
  readonly quality: number;
}

/** A header may hold so many; more are not looked at. */
const MAX_RANGES = 100;
const RANGE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+$/;
const QUALITY = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/** The ranges of an `Accept` header. One that cannot be read, its weight included, accepts nothing. */
export function parseAccept(header: string): readonly MediaRange[] {
  return split(header, ",").slice(0, MAX_RANGES).flatMap(parseRange);
}

/**
 * How much a media type is wanted: by the most specific range that fits it, 0 where none does. Parameters of a range
 * are not compared.
 */
export function qualityOf(ranges: readonly MediaRange[], mediaType: string): number {
  const wholeType = `${mediaType.slice(0, mediaType.indexOf("/"))}/*`;
  for (const fitting of [mediaType, wholeType, "*/*"]) {
    const qualities = ranges.filter(({ type }) => type === fitting).map(({ quality }) => quality);
    if (qualities.length > 0) {
      return Math.max(...qualities);
    }
  }
  return 0;
}

function parseRange(text: string): MediaRange[] {
  const [type = "", ...rest] = split(text, ";");
  if (!RANGE.test(type) || (type.startsWith("*/") && type !== "*/*")) {
    return [];
  }
  const parameters = new Map<string, string>();
  for (const part of rest) {
    const equals = part.indexOf("=");
    if (equals > 0) {
      parameters.set(part.slice(0, equals).toLowerCase(), part.slice(equals + 1));
    }
  }
  const weight = parameters.get("q") ?? "1";
  if (!QUALITY.test(weight)) {
    return [];
  }
  return [{ type: type.toLowerCase(), parameters, quality: Number(weight) }];
}

/** At separators outside of quotes, without the blanks around them. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (quoted && character === "\\") {
      index += 1;
    } else if (character === '"') {
      quoted = !quoted;
    } else if (character === separator && !quoted) {
      parts.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  parts.push(text.slice(start).trim());
  return parts.filter((part) => part !== "");
}
