/** A piece of a text of the configuration: as it is written, or a reference to where it comes from. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "file"; readonly path: string };

/** A text that holds `${` where no reference begins. The message shows what to write, and nothing of the text. */
export class InvalidReferenceError extends Error {
  override readonly name = "InvalidReferenceError";
}

export const FORMS = '"${NAME}" for an environment variable, "${file:/path}" for a file';

/** `$${` stands for `${` itself; then the references; then any other `${`. */
const TOKENS = /\$(\$\{)|\$\{(?:file:([^}]+)|([A-Za-z_]\w*))\}|\$\{/g;
/** As Cursor and VS Code write a variable. */
const EDITOR_FORM = /\$\{env:([A-Za-z_]\w*)\}/;

/**
 * The pieces of a text. `${NAME}` refers to a variable of the environment, `${file:PATH}` to the content of a file; `$${`
 * is `${` as it stands. Throws `InvalidReferenceError` for any other `${`, which would go out as it stands.
 */
export function parseReferences(text: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const token of text.matchAll(TOKENS)) {
    const [whole, escaped, path, name] = token;
    pieces.push({ kind: "text", text: text.slice(end, token.index) });
    end = token.index + whole.length;
    if (escaped !== undefined) {
      pieces.push({ kind: "text", text: escaped });
    } else if (path !== undefined) {
      pieces.push({ kind: "file", path });
    } else if (name !== undefined) {
      pieces.push({ kind: "variable", name });
    } else {
      throw new InvalidReferenceError(messageFor(text.slice(token.index)));
    }
  }
  pieces.push({ kind: "text", text: text.slice(end) });
  return pieces.filter((piece) => piece.kind !== "text" || piece.text !== "");
}

function messageFor(rest: string): string {
  const [whole, name] = EDITOR_FORM.exec(rest) ?? [];
  return whole !== undefined && rest.startsWith(whole)
    ? `write "\${${name}}" instead of "${whole}"`
    : `holds "\${" that begins no reference: write ${FORMS}, and "$\${" for these characters themselves`;
}

/** The files that a text refers to. Throws `InvalidReferenceError`. */
export function referencedFiles(text: string): readonly string[] {
  return parseReferences(text).flatMap((piece) => (piece.kind === "file" ? [piece.path] : []));
}

/** The variables that a text refers to; none of one that is not valid. */
export function referencedVariables(text: string): readonly string[] {
  try {
    return parseReferences(text).flatMap((piece) => (piece.kind === "variable" ? [piece.name] : []));
  } catch {
    return [];
  }
}
