import type { JWTVerifyResult } from "jose";

const MAX_ISSUER = 256;
const MAX_ID = 128;
const PRINTABLE = /^[\x21-\x7e]+$/;

/**
 * Names a verified token for the record: by its own id, else by the key that signed it. Issuers choose both; what is
 * long or not printable is left out, so that it cannot pass for something else.
 */
export function tokenId({ payload, protectedHeader }: JWTVerifyResult): string {
  const issuer = `jwt:${payload.iss?.slice(0, MAX_ISSUER) ?? ""}`;
  const { jti } = payload;
  if (isShort(jti)) {
    return `${issuer} jti=${jti}`;
  }
  const { kid } = protectedHeader;
  return isShort(kid) ? `${issuer} kid=${kid}` : issuer;
}

function isShort(text: unknown): text is string {
  return typeof text === "string" && text.length <= MAX_ID && PRINTABLE.test(text);
}
