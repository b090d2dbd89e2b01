import { REDACTED } from "./secret-names.ts";

/** Asserts that the word just read began here; a letter before it may belong to an escape such as `\n`. */
const begun = (word: string) => String.raw`(?<=(?:\b|\\(?:[bfnrt]|u[0-9a-fA-F]{4}))${word})`;
const SCHEME = "(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Ss]plunk|[Aa]pi[Kk]ey|GenieKey)";
const NAME =
  "(?:passw(?:or)?d|passphrase|passcode|secret|token|authorization|(?:api|access|private)[-_]?key|credentials?|(?<![A-Za-z])(?:pwd|pin|otp|cvv|pass))";

/**
 * Words that a sentence about a secret goes on with: "authorization: the environment variable … is not set". A closed
 * list, after a colon and a space only: any other word, or one that goes on without a space, may be the secret itself.
 */
const PROSE = [
  "the this that these its their there any all each some other another none one two",
  "and are been but can cannot could did does for from had has have holds may might must neither not",
  "only shall should was were which will with within without would",
  "absent empty expected expired failed found given header invalid malformed missing needed option optional",
  "present refused rejected required set too unexpected unknown unrecognized unset unsupported use value wrong",
  "false null true undefined",
]
  .join(" ")
  .replaceAll(" ", "|");
const SENTENCE = String.raw`(?<=:\s{1,4})(?:${PROSE})(?=[,;:.)]?(?:\s|["\\]|$))`;

/**
 * Shapes of secrets in a finished JSON line; a first group, where there is one, stays.
 * - Each match lies inside one JSON string (no unescaped quote, no half escape): the line stays JSON.
 * - Each is bounded or reads on only once: no line makes it slow.
 * - Each finds a secret that was cut off in its middle.
 * - Each begins with what is rare in a line, and looks back from there: half the cost of a leading `\b`.
 */
const SHAPES: readonly RegExp[] = [
  // PEM private keys; one without an end goes to the end of its string.
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^"\\-]|\\.|-(?!----END))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  // JSON Web Tokens, and any base64url of a JSON object.
  new RegExp(String.raw`eyJ${begun("eyJ")}[\w-]{8,}(?:\.[\w-]*){0,4}`, "g"),
  // Authorization schemes; a plain word after one ("Basic authentication") is left alone.
  new RegExp(
    String.raw`(${SCHEME}${begun(SCHEME)}\s{1,4})(?:[\w.~+/=-]{20,}|(?=[a-z]{0,19}[A-Z0-9._~+/=-])[\w.~+/=-]{6,})`,
    "g",
  ),
  // Keys with a vendor's prefix: OpenAI, Anthropic, Stripe; GitHub, GitLab, Grafana, npm, Slack and others; AWS, Google.
  new RegExp(String.raw`[srp]k[_-]${begun("[srp]k[_-]")}[\w-]{12,}`, "g"),
  /(?:gh[pousr]_|github_pat_|gl(?:pat|sa)[_-]|dop_v1_|xox[a-z]-)[\w-]{10,}|(?:npm|hf)_[A-Za-z0-9]{20,}/g,
  /A(?:[KSBC][IC]A[A-Z0-9]{12,}|Iza[\w-]{30,})/g,
  // The password of a URL, and what signs one.
  /(:\/\/[^\s/:@"\\]{0,100}:)[^\s/@"\\]{1,500}(?=@)/g,
  /([?&](?:sig|signature|x-amz-signature|x-amz-security-token|code|key)=)[^\s"\\&#]{3,}/gi,
  // A cookie header in text: all of it.
  /(cookie:\s{0,4})[^"\\]{3,}/gi,
  // A command line's option and what follows it.
  new RegExp(
    String.raw`(--[\w-]{0,40}${NAME}\s{1,4}(?:\\+["']|')?)(?!\[redacted\]|-|(?:${PROSE})(?=[,;:.)]?(?:\s|["\\]|$)))[^\s"'\\]{3,}`,
    "gi",
  ),
  // name=value and name: value in text, query strings and JSON quoted inside of a string (never a key of the line itself).
  new RegExp(
    String.raw`((?<!(?<!\\)")[=:](?<=${NAME}(?:\\+["'])?\s{0,4}[=:])\s{0,4}(?:\\+["']|')?)(?!\[redacted\]|${SCHEME}\s|//|${SENTENCE})[^\s"'\\&,;}\])]{3,}`,
    "gi",
  ),
];

/** Replaces what looks like a secret in a line of JSON, which stays JSON. */
export function scanLine(line: string): string {
  let scanned = line;
  for (const shape of SHAPES) {
    // Asking first is cheaper where nothing is found, which is nearly always. `replace` starts over by itself.
    if (shape.test(scanned)) scanned = scanned.replace(shape, redact);
  }
  return scanned;
}

/** The same for plain text, such as an error message that is shown on a health page. */
export function redactText(text: string): string {
  return JSON.parse(scanLine(JSON.stringify(text))) as string;
}

/** Without a group the second argument is the match's position. */
function redact(_match: string, kept: unknown): string {
  return typeof kept === "string" ? kept + REDACTED : REDACTED;
}
