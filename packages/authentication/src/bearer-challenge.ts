/** What a client is told of how to authenticate (RFC 6750, section 3; RFC 9728, section 5.1). */
export interface BearerChallenge {
  readonly error?: "invalid_request" | "invalid_token" | "insufficient_scope";
  readonly description?: string;
  /** Scopes that what was asked for takes. */
  readonly scopes?: readonly string[];
  /** Where it says which authorization servers give tokens; `null` where it says so nowhere. */
  readonly resourceMetadata: string | null;
}

/** Value of `WWW-Authenticate`. */
export function bearerChallenge({
  error,
  description,
  scopes = [],
  resourceMetadata,
}: BearerChallenge): string {
  const parameters: readonly [name: string, value: string | null | undefined][] = [
    ["realm", "sark"],
    ["error", error],
    ["scope", scopes.length === 0 ? null : scopes.join(" ")],
    ["resource_metadata", resourceMetadata],
    // Last: some clients look for `scope=` anywhere in the text, and take the first.
    ["error_description", description],
  ];
  const present = parameters.flatMap(([name, value]) =>
    value === null || value === undefined ? [] : [`${name}="${quotable(value)}"`],
  );
  return `Bearer ${present.join(", ")}`;
}

/** Within quotes only these characters may stand (RFC 6750, section 3): nothing ends the quotes, or the line. */
function quotable(text: string): string {
  return text.replaceAll(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
}
