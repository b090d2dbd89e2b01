/** What stands in a log line, or a message, where a secret was. */
export const REDACTED = "[redacted]";

/** Within a name whose separators were taken out: `X-Api-Key`, `apiKey` and `api_key` alike. */
const WITHIN = [
  "passw(?:or)?d|passphrase|passcode|passkey|pincode|secret|token|authorization|cookie|credential|creds",
  "(?:api|access|private|signing|encryption|session|shared|master|account|storage|license|ssh)key",
  "clientassertion|connectionstring|sshprivate|onetimecode|twofactor",
  "mnemonic|seedphrase|(?:recovery|backup|security|verification)(?:code|phrase)",
].join("|");

/** The words for it in other languages. */
const IN_OTHER_LANGUAGES =
  "passwort kennwort geheimnis zugangsdaten contraseña contrasena motdepasse senha wachtwoord hasło haslo heslo lösenord " +
  "adgangskode salasana jelszó parolă şifre sifre mậtkhẩu κωδικός пароль ключдоступа סיסמה كلمةالمرور كلمةالسر पासवर्ड รหัสผ่าน " +
  "密码 密碼 口令 密钥 密鑰 パスワード 暗証番号 비밀번호 암호";

const SECRET = new RegExp(
  [WITHIN, ...IN_OTHER_LANGUAGES.split(" ").map((word) => joined(wordsOf(plain(word))))].join("|"),
  "u",
);

/** Letters of other scripts, each before the Latin one that it looks like. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Array.from(
    "аaеeоoрpсcуyхxіiѕsјjԁdһhкkмmтtвbнhԝwαaεeοoρpιiκkνvτtυuχx".matchAll(/(.)(.)/gu),
    ([, foreign = "", latin = ""]) => [foreign, latin],
  ),
);

/** Too short to be looked for within a name: words of it, anywhere (`db_pwd`, `pinNumber`). */
const WORDS: ReadonlySet<string> = new Set(
  "pwd pin otp totp hotp cvv cvc ssn jwt psk bearer mfa pincode sas mdp csrf xsrf".split(" "),
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
    if (known !== undefined) {
      return known;
    }
    const shown = name.length > MAX_NAME ? name.slice(0, MAX_NAME) : name;
    const secret = own?.test(shown) === true || (isSecret(plain(shown)) && !HARMLESS.test(shown));
    if (remembered.size < MAX_REMEMBERED && name.length <= 64) {
      remembered.set(name, secret);
    }
    return secret;
  };
}

function isSecret(name: string): boolean {
  const words = wordsOf(name);
  const whole = joined(words);
  return (
    SECRET.test(whole) ||
    (!/^[\x20-\x7e]*$/.test(whole) && SECRET.test(inLatin(whole))) ||
    words.some((word) => WORDS.has(bare(word)) || word === "2fa") ||
    LAST_WORDS.has(bare(words.at(-1) ?? ""))
  );
}

function wordsOf(name: string): string[] {
  return name
    .replace(/(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/gu, " ")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "");
}

function joined(words: readonly string[]): string {
  return words.join("");
}

function inLatin(word: string): string {
  return word.replace(/[^\x20-\x7e]/gu, (letter) => LOOKALIKES.get(letter) ?? letter);
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
