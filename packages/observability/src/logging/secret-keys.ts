/** What stands in a log line, or a message shown to anybody, where a secret was. */
export const REDACTED = "[redacted]";

/** Names under which secrets travel: fields, headers, query parameters, claims. */
export const SECRET_KEYS =
  /passw(?:or)?d|passphrase|\bpwd\b|secret|token|authorization|api[-_]?key|access[-_]?key|private[-_]?key|signing[-_]?key|encryption[-_]?key|cookie|credential|client[-_]?assertion|\bauth\b|session[-_]?key/i;

/** Names that only count or describe tokens. */
const HARMLESS =
  /tokens?[-_]?(?:count|limit|type|usage|used|budget|total)$|(?:max|total|input|output|prompt|completion)[-_]?tokens$/i;

export function isSecretKey(key: string, extra?: RegExp): boolean {
  if (extra?.test(key) === true) return true;
  return SECRET_KEYS.test(key) && !HARMLESS.test(key);
}
