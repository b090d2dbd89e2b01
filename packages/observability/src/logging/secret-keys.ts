/** What stands in a log line, or a message shown to anybody, where a secret was. */
export const REDACTED = "[redacted]";

/** Names under which secrets travel: fields, headers, query parameters, claims. */
const SECRET_KEYS =
  /passw(?:or)?d|passphrase|\bpwd\b|secret|token|authorization|api[-_]?key|access[-_]?key|private[-_]?key|signing[-_]?key|encryption[-_]?key|cookie|credential|client[-_]?assertion|\bauth\b|session[-_]?key/i;

/** Names that only count or describe tokens. */
const HARMLESS =
  /tokens?[-_]?(?:count|limit|type|usage|used|budget|total)$|(?:max|total|input|output|prompt|completion)[-_]?tokens$/i;

/** Keys recur: asking twice costs nothing. Bounded, as keys may come from outside. */
const MAX_REMEMBERED = 2_000;

/** Tells whether a name is one that secrets travel under; `extra` adds the application's own names. */
export function createSecretKeyTest(extra?: RegExp): (key: string) => boolean {
  const remembered = new Map<string, boolean>();
  // Without `g` and `y`, which would make the answer depend on the question before.
  const own = extra && new RegExp(extra.source, extra.flags.replace(/[gy]/g, ""));
  return (key) => {
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const secret = own?.test(key) === true || (SECRET_KEYS.test(key) && !HARMLESS.test(key));
    if (remembered.size < MAX_REMEMBERED && key.length <= 64) remembered.set(key, secret);
    return secret;
  };
}
