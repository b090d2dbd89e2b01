import { isJsonObject, type JsonObject, countMembers, measureJson } from "@sark/json";
import { AuthenticationError } from "../authentication-error.ts";
import { parseJson } from "@sark/audit/json";

/** What a token says, before anything is known of its signature: good for finding whose key to ask for, no more. */
export interface UnverifiedToken {
  readonly header: JsonObject;
  readonly claims: JsonObject;
}

const MAX_DEPTH = 16;
const MAX_VALUES = 2_000;
/** Of access tokens (RFC 9068), and of tokens whose issuers do not tell kinds apart. */
const TYPES: ReadonlySet<string> = new Set(["jwt", "at+jwt"]);

/**
 * Reads a compact JWS as it can be read in one way only, before any costly work on it. Throws `AuthenticationError` for
 * what could be decoded differently elsewhere, and for tokens that are for something else than access.
 */
export function readToken(token: string): UnverifiedToken {
  const [header = "", claims = "", signature = ""] = token.split(".");
  bytesOf(signature);
  const read = { header: objectIn(header, "header"), claims: objectIn(claims, "payload") };
  checkKind(read.header);
  return read;
}

/** Logout tokens, security events and proofs of possession are signed by the same keys. */
function checkKind({ typ, cty, b64 }: JsonObject): void {
  // RFC 7797, section 7. To a reader that knows it, other bytes are signed.
  if (b64 !== undefined) {
    throw malformed("it says how its payload is encoded (b64), which is settled");
  }
  if (cty !== undefined) {
    throw malformed("it has content of another type (cty) within");
  }
  if (typ === undefined) {
    return;
  }
  const type = typeof typ === "string" ? typ.toLowerCase().replace(/^application\//, "") : "";
  if (!TYPES.has(type)) {
    throw malformed("its type (typ) is not that of an access token");
  }
}

function objectIn(part: string, what: string): JsonObject {
  let value: unknown;
  let isAmbiguous: boolean;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesOf(part));
    const { depth, values, members } = measureJson(text);
    if (depth > MAX_DEPTH || values > MAX_VALUES) {
      throw malformed(`its ${what} is nested too deeply, or has too many values`);
    }
    value = parseJson(text, "any");
    isAmbiguous = countMembers(value as JsonObject) !== members;
  } catch (cause) {
    throw cause instanceof AuthenticationError ? cause : malformed(`its ${what} is no JSON`, { cause });
  }
  if (!isJsonObject(value)) {
    throw malformed(`its ${what} is no JSON object`);
  }
  if (isAmbiguous) {
    throw malformed(`its ${what} says something twice`);
  }
  return value;
}

/** Other decoders refuse, or skip, what no encoder writes. */
function bytesOf(part: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  if (bytes.toString("base64url") !== part) {
    throw malformed("it is not encoded in base64url");
  }
  return bytes;
}

function malformed(problem: string, options?: ErrorOptions): AuthenticationError {
  return new AuthenticationError("malformed_credentials", `The token cannot be read: ${problem}.`, options);
}
