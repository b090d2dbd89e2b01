import { hideCardNumbers } from "./card-numbers.ts";
import { REDACTED } from "./secret-names.ts";

/** Asserts that the word just read began here; a letter before it may belong to an escape such as `\n`. */
const begun = (word: string) => String.raw`(?<=(?:\b|\\(?:[bfnrt]|u[0-9a-fA-F]{4}))${word})`;
const SCHEME = "(?:[Bb]earer|BEARER|[Bb]asic|BASIC|[Ss]plunk|[Aa]pi[Kk]ey|GenieKey)";
const NAME =
  "passw(?:or)?d|passphrase|passcode|secret|token|authorization|(?:api|access|private|account|signing|encryption)[-_]?key|credentials?|(?<![A-Za-z])(?:pwd|pin|otp|cvv|pass)";
/** In other languages, too; letters with an accent may be one character or two. */
const ANY_NAME = `(?:${NAME}|passwort|kennwort|contrase.{1,2}a|mot de passe|senha|wachtwoord|has[lł]o|heslo|пароль|密[码碼]|パスワ.{1,3}|暗証番号|비밀번호)`;
/** A quote within a string of the line: an odd number of backslashes before it. After an even one, it ends the string. */
const INNER = String.raw`(?<!\\)\\(?:\\\\)*"`;
/** What opens, or closes, a quoted text. */
const QUOTE = `(?:${INNER}|\\\\*'|\`)`;
/** The rest of a quoted text, to the quote that ends it. In JSON within a string: pairs of backslashes are one of its own. */
const QUOTED = [
  String.raw`(?<=[^\\]\\")(?:[^"\\]|\\[^"\\]|\\\\(?:[^"\\]|\\.))+`,
  String.raw`(?<=')(?:[^"'\\]|\\.)+`,
  '(?<=`)(?:[^"`\\\\]|\\\\.)+',
].join("|");
/** What follows where no quote ends it. */
const BARE = String.raw`[^\s"'\\&,;}\])]{3,}`;
/** Already hidden, to its end. */
const HIDDEN = String.raw`\[redacted\](?:[\s"'\\&,;}\])]|$)`;

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

/** One that `needs` a certain text is looked for only in a line that has it: a search for that costs next to nothing. */
interface Shape {
  readonly needs: string | null;
  readonly pattern: RegExp;
}
const needing = (needs: string, pattern: RegExp): Shape => ({ needs, pattern });

/**
 * Shapes of secrets in a finished JSON line; a first group, where there is one, stays.
 * - Each match lies inside one JSON string (no unescaped quote, no half escape): the line stays JSON.
 * - Each is bounded or reads on only once: no line makes it slow.
 * - Each finds a secret that was cut off in its middle.
 * - Each begins with what is rare in a line, and looks back from there: half the cost of a leading `\b`.
 */
const PATTERNS: readonly (RegExp | Shape)[] = [
  // PEM private keys; one without an end goes to the end of its string.
  needing(
    "-----BEGIN",
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:[^"\\-]|\\.|-(?!----END [A-Z0-9 ]{0,40}PRIVATE KEY))*(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----)?/g,
  ),
  // JSON Web Tokens, and any base64url of a JSON object.
  new RegExp(String.raw`eyJ${begun("eyJ")}[\w-]{8,}(?:\.[\w-]*){0,4}`, "g"),
  // Authorization schemes; a plain word after one ("Basic authentication") is left alone.
  new RegExp(
    String.raw`(${SCHEME}${begun(SCHEME)}(?:\s|\\t){1,4}(?:${INNER})?)(?:[\w.~+/=-]{20,}|(?=[a-z]{0,19}[A-Z0-9._~+/=-])[\w.~+/=-]{6,})`,
    "g",
  ),
  // In a header, also those of other schemes, to the end of it.
  new RegExp(
    String.raw`(authorization${QUOTE}?\s{0,4}[:=]\s{0,4}${QUOTE}?)(?!bearer|basic)(?:token|digest|negotiate|ntlm|aws4-hmac-sha256|apikey|key|bot|oauth|hmac|hawk|sharedkey|sharedaccesssignature|dpop|mac)\b:?\s(?:[^"'\\]|${INNER}|\\*')+`,
    "gi",
  ),
  // Keys with a vendor's prefix: OpenAI, Anthropic, Stripe; GitHub, GitLab, Grafana, npm, Slack and others; AWS, Google.
  new RegExp(String.raw`[srp]k[_-]${begun("[srp]k[_-]")}[\w-]{12,}`, "g"),
  /(?:gh[pousr]_|github_pat_|gl(?:pat|sa)[_-]|dop_v1_|xox[a-z]-)[\w-]{10,}|(?:npm|hf|sark)_[A-Za-z0-9]{20,}/g,
  /A(?:[KSBC][IC]A[A-Z0-9]{12,}|Iza[\w-]{30,}|GE-SECRET-KEY-1[A-Z0-9]{8,})/g,
  // The password of a URL, and what signs one.
  needing("://", /(:\/\/[^\s/:@"\\]{0,100}:)[^\s/"\\]{1,500}(?=@)/g),
  needing("://", /(:\/\/)[\w%.~-]{20,500}(?=@)/g),
  // Addresses that are secrets: webhooks of chats, bots.
  needing(
    "/",
    /(hooks\.slack\.com\/services\/|discord(?:app)?\.com\/api\/webhooks\/\d{1,30}\/|\/bot\d{5,20}:)[\w/-]{10,}/g,
  ),
  /([?&](?:sig|signature|x-amz-signature|x-amz-security-token|code|key)=)[^\s"\\&#]{3,}/gi,
  // A cookie header in text: all of it.
  /(cookie:\s{0,4})[^"\\]{3,}/gi,
  // A command line's option and what follows it.
  needing(
    "--",
    new RegExp(
      String.raw`(--[\w-]{0,40}(?:${NAME})\s{1,4}${QUOTE}?)(?!\[redacted\]|-|(?:${PROSE})(?=[,;:.)]?(?:\s|["\\]|$)))[^\s"'\\]{3,}`,
      "gi",
    ),
  ),
  needing(
    " -",
    new RegExp(
      String.raw`(\s(?:-u|--(?:proxy-)?user)[\s=]{1,2}${QUOTE}?[^\s:"'\\]{1,100}:)(?!\d{1,6}(?!\d))[^\s"'\\]{3,}`,
      "g",
    ),
  ),
  // Markup: an element of the name, a pair of attributes, a pair of lines.
  needing(">", new RegExp(String.raw`(>(?<=<[\w:.-]{0,40}(?:${NAME})[\w:.-]{0,20}>))[^<"\\]{1,500}`, "gi")),
  needing(
    "=",
    new RegExp(
      String.raw`((?:name|key)=${QUOTE}[\w.-]{0,40}(?:${NAME})[\w.-]{0,20}${QUOTE}[^<>"\\]{0,60}value=${QUOTE})[^"'\\]{1,500}`,
      "gi",
    ),
  ),
  needing(
    "\\n",
    new RegExp(
      String.raw`((?:name|key):\s{0,4}${QUOTE}?[\w.-]{0,40}(?:${NAME})[\w.-]{0,20}${QUOTE}?(?:\\r)?\\n\s{0,40}value:\s{0,4}${QUOTE}?)${BARE}`,
      "gi",
    ),
  ),
  // The lines of a YAML block.
  needing(
    "\\n",
    new RegExp(
      String.raw`([|>](?<=(?:${NAME})${QUOTE}?\s{0,4}:\s{0,4}[|>])[-+\d]{0,2}(?:\\r)?\\n)(?:\s{1,40}[^"\\]{1,500}(?:(?:\\r)?\\n)?){1,100}`,
      "gi",
    ),
  ),
  // SQL.
  needing("'", /('(?<=(?:password|identified by)\s{1,4}'))[^"'\\]{1,500}/gi),
  // name=value and name: value in text, query strings and JSON quoted inside of a string (never a key of the line itself).
  new RegExp(
    String.raw`((?<!(?<!\\)(?:\\\\)*")(?:[=:：]|%3[ad])(?<=${ANY_NAME}${QUOTE}?\s{0,4}(?:[=:：]|%3[ad]))[>=]?\s{0,4}${QUOTE}?)(?!${HIDDEN}|${SCHEME}\s|//|${SENTENCE})(?:${QUOTED}|${BARE})`,
    "gi",
  ),
];

const SHAPES: readonly Shape[] = PATTERNS.map((pattern) =>
  pattern instanceof RegExp ? { needs: null, pattern } : pattern,
);

/** Replaces what looks like a secret in a line of JSON, which stays JSON. */
export function scanLine(line: string): string {
  let scanned = line;
  for (const { needs, pattern } of SHAPES) {
    if (needs !== null && !line.includes(needs)) {
      continue;
    }
    // Asking first is cheaper where nothing is found, which is nearly always. `replace` starts over by itself.
    if (pattern.test(scanned)) {
      scanned = scanned.replace(pattern, redact);
    }
  }
  return scanned;
}

/** The same for plain text, such as an error message that is shown on a health page. */
export function redactText(text: string): string {
  const shown = hideCardNumbers(text);
  const line = JSON.stringify(shown);
  const scanned = scanLine(line);
  return scanned === line ? shown : (JSON.parse(scanned) as string);
}

/** Without a group the second argument is the match's position. */
function redact(_match: string, kept: unknown): string {
  return typeof kept === "string" ? kept + REDACTED : REDACTED;
}
