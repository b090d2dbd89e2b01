import { TokenError, type TokenErrorKind } from "./token-error.ts";

/** The errors that a token endpoint can name (RFC 6749, RFC 8693, RFC 8707); its own words stay out of messages. */
const ERRORS: Readonly<Record<string, { readonly kind: TokenErrorKind; readonly remedy: string }>> = {
  invalid_client: {
    kind: "unavailable",
    remedy: "check `clientId`, `clientSecret` and `clientAuthentication`",
  },
  unauthorized_client: { kind: "unavailable", remedy: "allow this client the grant" },
  unsupported_grant_type: { kind: "unavailable", remedy: "it does not know the grant" },
  invalid_scope: { kind: "refused", remedy: "check `scopes`" },
  invalid_target: { kind: "refused", remedy: "check `resource` and `audience`" },
  invalid_grant: { kind: "refused", remedy: "it does not accept the caller's token" },
  invalid_request: { kind: "refused", remedy: "it does not accept the request, or the caller's token" },
  access_denied: { kind: "refused", remedy: "it forbids this" },
};

const MAX_RETRY_AFTER_SECONDS = 60;

/** What a response that is no success means. `body` is what it holds, if that is short. */
export function endpointFault(
  endpoint: string,
  { status, headers }: Pick<Response, "status" | "headers">,
  body: string,
): TokenError {
  const responded = `the token endpoint ${endpoint} responded with ${status}`;
  if (status >= 300 && status < 400) {
    return new TokenError("unavailable", `${responded}: redirects are not followed, configure the final URL`);
  }
  if (status === 429 || status >= 500) {
    return new TokenError("unavailable", `${responded}: it fails, or limits requests`, retryAfter(headers));
  }
  const name = errorOf(body);
  const known = name !== null && Object.hasOwn(ERRORS, name) ? ERRORS[name] : undefined;
  if (known !== undefined) {
    return new TokenError(known.kind, `${responded} and ${name}: ${known.remedy}`);
  }
  if (status === 401) {
    const remedy = ERRORS["invalid_client"]?.remedy;
    return new TokenError("unavailable", `${responded}: ${remedy}`);
  }
  if (status === 404 || status === 405) {
    return new TokenError("unavailable", `${responded}: check \`tokenEndpoint\``);
  }
  return new TokenError("refused", responded);
}

function errorOf(body: string): string | null {
  try {
    const { error } = JSON.parse(body) as { error?: unknown };
    return typeof error === "string" ? error : null;
  } catch {
    return null;
  }
}

function retryAfter(headers: Headers): number | null {
  const text = headers.get("retry-after") ?? "";
  return /^\d{1,9}$/.test(text) ? Math.min(Number(text), MAX_RETRY_AFTER_SECONDS) * 1_000 : null;
}
