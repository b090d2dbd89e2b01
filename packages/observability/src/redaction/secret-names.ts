/** What stands in a log line, or a message, where a secret was. */
export const REDACTED = "[redacted]";

/** Within a name whose separators were taken out: `X-Api-Key`, `apiKey` and `api_key` alike. */
const WITHIN = new RegExp(
  [
    "passw(?:or)?d|passphrase|passcode|passkey|pincode|secret|token|authorization|cookie|credential|creds",
    "(?:api|access|private|signing|encryption|session|shared|master)key|clientassertion|connectionstring",
    "mnemonic|seedphrase|(?:recovery|backup|security|verification)(?:code|phrase)",
    // The word for password in other languages.
    "passwort|kennwort|contrasen|motdepasse|senha|wachtwoord|haslo|lösenord|пароль|密码|密碼|パスワード|비밀번호",
  ].join("|"),
  "u",
);

/** Too short to be looked for within a name: words of it, anywhere (`db_pwd`, `pinNumber`). */
const WORDS: ReadonlySet<string> = new Set(
  "pwd pin otp totp hotp cvv cvc ssn jwt psk bearer mfa pincode sas".split(" "),
);

/** Words that say it only at the end of a name (`x_auth`, `db_pass`); before others they mean something else. */
const LAST_WORDS: ReadonlySet<string> = new Set("auth pass pw pat cred".split(" "));

/** Names that only count or describe tokens. */
const HARMLESS =
  /tokens?[-_]?(?:count|limit|type|usage|used|budget|total)$|(?:max|total|input|output|prompt|completion)[-_]?tokens$/i;

/** Names recur: asking twice costs nothing. Bounded, as names may come from outside. */
const MAX_REMEMBERED = 2_000;
/** Characters of a name that are looked at; longer ones are text. */
const MAX_NAME = 256;

/** Tells whether a name is one that secrets travel under; `extra` adds the application's own names. */
export function createSecretNameTest(extra?: RegExp): (name: string) => boolean {
  const remembered = new Map<string, boolean>();
  // Without `g` and `y`, which would make the result depend on the question before.
  const own = extra && new RegExp(extra.source, extra.flags.replace(/[gy]/g, ""));
  return (name) => {
    const known = remembered.get(name);
    if (known !== undefined) return known;
    const shown = name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name;
    const secret = own?.test(shown) === true || (isSecret(plain(shown)) && !HARMLESS.test(shown));
    if (remembered.size < MAX_REMEMBERED && name.length <= 64) remembered.set(name, secret);
    return secret;
  };
}

function isSecret(name: string): boolean {
  const words = name
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
  return (
    WITHIN.test(words.join("")) ||
    words.some((word) => WORDS.has(bare(word))) ||
    LAST_WORDS.has(bare(words.at(-1) ?? ""))
  );
}

/** `pin2`, `2fa_otp1`: a number at the end is not part of the word. */
function bare(word: string): string {
  return word.replace(/\p{N}+$/u, "");
}

/** Without what a reader does not see: accents, width, invisible characters. */
function plain(name: string): string {
  return /^[\x20-\x7e]*$/.test(name)
    ? name
    : name.normalize("NFKD").replace(/[\p{Mn}\p{Default_Ignorable_Code_Point}]/gu, "");
}
