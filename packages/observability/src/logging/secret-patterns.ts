import { REDACTED } from "./secret-keys.ts";

/** A word's beginning in JSON text, where the letter before it may belong to an escape such as `\n`. */
const START = String.raw`(?:\b|(?<=\\(?:[bfnrt]|u[0-9a-fA-F]{4})))`;
const SCHEME = "(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Ss]plunk|[Aa]pi[Kk]ey|GenieKey)";
const NAME =
  "(?:passw(?:or)?d|passphrase|secret|token|authorization|api[-_]?key|access[-_]?key|private[-_]?key|credentials?)";

/**
 * Shapes of secrets in a finished JSON line; a first group, where there is one, stays. Each match lies
 * inside one JSON string (no unescaped quote, no half escape), so that replacing it keeps the line JSON;
 * each is bounded or reads on only once, so that no line makes it slow; and each finds a secret that was
 * cut off in its middle.
 */
const SHAPES: readonly RegExp[] = [
  // PEM private keys; one without an end goes to the end of its string.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^"\\-]|\\.|-(?!----END))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  // JSON Web Tokens, and any base64url of a JSON object.
  new RegExp(String.raw`${START}eyJ[\w-]{8,}(?:\.[\w-]*){0,4}`, "g"),
  // Authorization schemes; a plain word after one ("Basic authentication") is left alone.
  new RegExp(
    String.raw`(${START}${SCHEME}\s{1,4})(?:[\w.~+/=-]{20,}|(?=[a-z]{0,19}[A-Z0-9._~+/=-])[\w.~+/=-]{6,})`,
    "g",
  ),
  // Keys with a vendor's prefix: OpenAI, Anthropic, Stripe; GitHub, GitLab, Grafana, npm, Slack, …; Google; AWS.
  new RegExp(String.raw`${START}(?:sk|rk|pk)[_-][\w-]{12,}`, "g"),
  new RegExp(
    String.raw`${START}(?:gh[pousr]|github_pat|glpat|glsa|npm|hf|dop_v1|xox[abeoprs])[_-][\w-]{10,}`,
    "g",
  ),
  new RegExp(String.raw`${START}AIza[\w-]{30,}`, "g"),
  new RegExp(String.raw`${START}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}`, "g"),
  // The password of a URL, and what signs one.
  /(:\/\/[^\s/:@"\\]{0,100}:)[^\s/@"\\]{1,500}(?=@)/g,
  /([?&](?:sig|signature|x-amz-signature|x-amz-security-token|code|key)=)[^\s"\\&#]{3,}/gi,
  // A cookie header in text: all of it.
  /(cookie:\s{0,4})[^"\\]{3,}/gi,
  // name=value and name: value in text, query strings and JSON quoted inside of a string.
  new RegExp(
    String.raw`(${NAME}(?:\\+["'])?\s{0,4}[=:]\s{0,4}(?:\\+["']|')?)(?!\[redacted\]|${SCHEME}\s|//)[^\s"'\\&,;}\])]{3,}`,
    "gi",
  ),
];

/** Replaces what looks like a secret in a line of JSON, which stays JSON. */
export function scanLine(line: string): string {
  let scanned = line;
  for (const shape of SHAPES) {
    scanned = scanned.replace(
      shape,
      (_match, kept: unknown) => (typeof kept === "string" ? kept : "") + REDACTED,
    );
  }
  return scanned;
}

/** The same for plain text, such as an error message that is shown on a health page. */
export function redactText(text: string): string {
  return JSON.parse(scanLine(JSON.stringify(text))) as string;
}
