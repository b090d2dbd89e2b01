import { AuthenticationError } from "./authentication-error.ts";
import { isApiKey } from "./key-format.ts";

/** How tokens were once sent (RFC 6750, section 2.3). */
const TOKEN_PARAMETER = /(?:^|[&;])\s*access_token\s*(?:[=&;]|$)/i;
/** How credentials begin; most queries have none of it, and are looked at no further. */
const BEGINNINGS = /eyJ|sark_/;
/** A token by its form: header and payload of a JWT are JSON objects, `{"` first. */
const JWT = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*$/;
/** No credential has these characters. */
const BETWEEN = /[^\w.-]+/;

/**
 * Refuses a URL with a credential in its query, by whatever name: it stands in the logs of all that are in between. Another
 * credential in a header does not make it better. Throws `AuthenticationError`.
 */
export function refuseCredentialsInUrl(url: string): void {
  const at = url.indexOf("?");
  if (at === -1) {
    return;
  }
  const query = decoded(url.slice(at + 1));
  if (TOKEN_PARAMETER.test(query) || (BEGINNINGS.test(query) && query.split(BETWEEN).some(isCredential))) {
    throw new AuthenticationError(
      "credentials_in_url",
      "Send the credential in a header and not in the URL, and have this one replaced.",
    );
  }
}

function isCredential(text: string): boolean {
  return JWT.test(text) || isApiKey(text);
}

/** As a whole, and not parameter by parameter: there may be thousands, and the client is not known yet. */
function decoded(query: string): string {
  const spaced = query.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
