import { AuthenticationError } from "../domain/authentication-error.ts";
import { isApiKey } from "./api-keys/key-format.ts";

/** How tokens were once sent (RFC 6750, section 2.3). */
const TOKEN_PARAMETER = "access_token";
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
  for (const [name, value] of new URLSearchParams(url.slice(at + 1))) {
    const isNamed = name.trim().toLowerCase() === TOKEN_PARAMETER;
    if (isNamed || `${name} ${value}`.split(BETWEEN).some((text) => JWT.test(text) || isApiKey(text))) {
      throw new AuthenticationError(
        "credentials_in_url",
        "Send the credential in a header and not in the URL, and have this one replaced.",
      );
    }
  }
}
