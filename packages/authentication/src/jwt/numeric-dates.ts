import type { JsonObject } from "@sark/json";
import { AuthenticationError } from "../authentication-error.ts";

const DATES = ["exp", "nbf", "iat"] as const;
/** The end of the year 9999: what comes after it is no date to others, or has ended long ago (32 bits). */
const LAST = 253_402_300_799;

/** Refuses dates (RFC 7519, section 2) that other readers take for other ones: `1e999` is without end here, and an error there. */
export function checkDates(claims: JsonObject): void {
  for (const name of DATES) {
    const date = claims[name];
    if (date !== undefined && !(typeof date === "number" && date >= 0 && date <= LAST)) {
      throw new AuthenticationError(
        "invalid_claims",
        `The token's claim '${name}' must be a date, in seconds since 1970, before the year 10000.`,
      );
    }
  }
}
