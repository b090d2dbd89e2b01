import type { Carrier } from "./propagation.ts";

/** W3C Trace Context: 55 characters in version 00; what a later version adds is read over, up to this length. */
const MAX_TRACEPARENT = 128;
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[!-~]*)?$/;
const MAX_TRACESTATE = 512;
const MAX_TRACESTATE_MEMBERS = 32;
/** `key=value`: a key has at most 256 characters, with one `@` or none; a value is printable, without `,` and `=`. */
const TRACESTATE_MEMBER =
  /^[a-z0-9][a-z0-9_\-*/]{0,240}(?:@[a-z][a-z0-9_\-*/]{0,13})?=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
/** W3C Baggage: what any receiver has to take. */
const MAX_BAGGAGE = 8_192;
const MAX_BAGGAGE_MEMBERS = 64;
/** A token, a value of percent-encoded text, and properties. */
const BAGGAGE_MEMBER =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[\t ]*=[\t ]*((?:%[0-9A-Fa-f]{2}|[!#$&-+\--:<-[\]-~])*)[\t ]*(?:;[\t -~]*)?$/;

/**
 * What of trace context can be read in one way only, within the bounds of the standards. What a client wrote is sent on to
 * servers of others: a member that stands there twice, or that one reader takes and another one does not, would say
 * different things to each. Such a `tracestate`, or `baggage`, is left out as a whole.
 */
export function trustworthyCarrier({ traceparent, tracestate, baggage }: Carrier): Record<string, string> {
  const read: Record<string, string> = {};
  if (traceparent !== undefined && isTraceparent(traceparent)) {
    read["traceparent"] = traceparent;
    if (tracestate !== undefined && isTracestate(tracestate)) {
      read["tracestate"] = tracestate;
    }
  }
  if (baggage !== undefined && isBaggage(baggage)) {
    read["baggage"] = baggage;
  }
  return read;
}

function isTraceparent(text: string): boolean {
  return (
    text.length <= MAX_TRACEPARENT && TRACEPARENT.test(text) && (!text.startsWith("00") || text.length === 55)
  );
}

function isTracestate(text: string): boolean {
  if (text.length > MAX_TRACESTATE) {
    return false;
  }
  // Members may be empty, and have spaces around them.
  const members = text.split(",").map(trimmed).filter(Boolean);
  return (
    members.length <= MAX_TRACESTATE_MEMBERS &&
    members.every((member) => TRACESTATE_MEMBER.test(member)) &&
    areDistinct(members.map((member) => member.slice(0, member.indexOf("="))))
  );
}

function isBaggage(text: string): boolean {
  if (text.length > MAX_BAGGAGE) {
    return false;
  }
  const members = text.split(",").map(trimmed);
  const names = members.map((member) => BAGGAGE_MEMBER.exec(member)?.[1]);
  return (
    members.length <= MAX_BAGGAGE_MEMBERS &&
    names.every((name) => name !== undefined) &&
    areDistinct(names.map((name) => decoded(name ?? ""))) &&
    members.every(isDecodable)
  );
}

/** UTF-8 that is none decodes to what each reader likes. */
function isDecodable(member: string): boolean {
  const [pair = ""] = member.split(";");
  return decoded(pair) !== null;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

function areDistinct(names: readonly (string | null)[]): boolean {
  return new Set(names).size === names.length && !names.includes(null);
}

function trimmed(text: string): string {
  return text.replace(/^[\t ]+/, "").replace(/[\t ]+$/, "");
}
