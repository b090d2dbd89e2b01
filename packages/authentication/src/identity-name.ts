/** As many UTF-16 units as a name of a user, an agent, a tenant or a role may have. */
export const MAX_IDENTITY_NAME = 200;

/** What is not shown, or is shown as a space and is none. */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u;

/** Alphabets whose letters look like those of the others: a word of two of them reads as one of either. */
const LOOK_ALIKE_SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Lisu}/u,
  /\p{Script=Deseret}/u,
] as const;
/** Names of nothing but printable ASCII have none of this; they are nearly all. */
const PLAIN = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * What is wrong with a name of a user, an agent, a tenant or a role; `null`: nothing. One rule wherever one comes from, the
 * operator or an issuer. A name is compared as it is, letter for letter: this refuses what a reader cannot see, or can see as
 * something else by its form or by a mixture of alphabets. A name wholly in one alphabet is taken, also where each of its
 * letters looks like one of another alphabet.
 */
export function identityNameProblem(name: string): string | null {
  if (name.length === 0 || name.length > MAX_IDENTITY_NAME) {
    return `must have 1 to ${MAX_IDENTITY_NAME} characters`;
  }
  if (PLAIN.test(name)) {
    return null;
  }
  if (!name.isWellFormed() || INVISIBLE.test(name)) {
    return "must not contain control characters, or others that are not shown";
  }
  if (name.trim() !== name) {
    return "must not begin or end with white space";
  }
  if (name.normalize("NFKC") !== name) {
    return "must be written in the plain form of its characters (Unicode NFKC)";
  }
  if (LOOK_ALIKE_SCRIPTS.filter((script) => script.test(name)).length > 1) {
    return "must not mix letters of alphabets that look alike, as Latin and Cyrillic";
  }
  return null;
}

/** The same as a refinement of a schema. */
export function refuseOddName(
  name: string,
  context: { addIssue(issue: { readonly code: "custom"; readonly message: string }): void },
): void {
  const problem = identityNameProblem(name);
  if (problem !== null) {
    context.addIssue({ code: "custom", message: problem });
  }
}

/** The same of members of an object, those that are there. */
export function refuseOddNames(
  names: Readonly<Record<string, string | undefined>>,
  context: {
    addIssue(issue: { readonly code: "custom"; readonly path: string[]; readonly message: string }): void;
  },
): void {
  for (const [member, name] of Object.entries(names)) {
    const problem = name === undefined ? null : identityNameProblem(name);
    if (problem !== null) {
      context.addIssue({ code: "custom", path: [member], message: problem });
    }
  }
}
