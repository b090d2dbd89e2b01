import { AuthenticationError } from "../authentication-error.ts";
import type { JsonObject } from "@sark/json";

const MAX_AUDIENCES = 100;

/**
 * Whom a token is meant for. Throws `AuthenticationError` for a claim that is no text and no list of texts (RFC 7519, section
 * 4.1.3): other readers might skip what is none, or turn it into one.
 */
export function audiencesIn({ aud }: JsonObject): readonly string[] {
  if (aud === undefined) {
    throw new AuthenticationError("missing_audience", "The token's claim 'aud' is missing.");
  }
  const audiences = typeof aud === "string" ? [aud] : aud;
  const isList =
    Array.isArray(audiences) &&
    audiences.length <= MAX_AUDIENCES &&
    audiences.every((audience) => typeof audience === "string" && audience !== "");
  if (!isList) {
    throw new AuthenticationError("invalid_claims", "The token's claim 'aud' is not valid.");
  }
  return audiences as string[];
}

/**
 * Throws `AuthenticationError` unless one of these is accepted everywhere, or is the resource that is asked for, letter for letter.
 * @param resource `null` where tokens for it cannot be told from others
 */
export function checkAudience(
  audiences: readonly string[],
  accepted: readonly string[],
  resource: string | null,
): void {
  if (!audiences.some((audience) => audience === resource || accepted.includes(audience))) {
    throw new AuthenticationError(
      "wrong_audience",
      resource === null
        ? "The token is meant for another audience."
        : `The token is meant for another audience than ${resource}.`,
    );
  }
}
