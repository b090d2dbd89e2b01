/** What a page tells a reader to do: a file to make, or a place to change. */
export type Step =
  | { readonly kind: "new"; readonly file: string; readonly text: string }
  | { readonly kind: "change"; readonly file: string; readonly before: string; readonly after: string };

const NEW_FILE = /New file `([^`]+)`:$/;
const IN_FILE = /In\s`([^`]+)`:$/;
const BLOCK = /```(\w+)\n([^]*?)```\n/g;

/** The steps of a page, in order. A `diff` belongs to the file that was named last; other blocks are the text of a new file. */
export function readSteps(page: string): Step[] {
  const steps: Step[] = [];
  let file = "";
  let end = 0;
  for (const block of page.matchAll(BLOCK)) {
    const [, language, text = ""] = block;
    const prose = page.slice(end, block.index).trimEnd();
    end = block.index + block[0].length;
    const made = NEW_FILE.exec(prose)?.[1];
    if (made !== undefined) {
      steps.push({ kind: "new", file: made, text });
      continue;
    }
    file = IN_FILE.exec(prose)?.[1] ?? file;
    if (language !== "diff" || file === "") {
      throw new Error(`this block says nowhere where it belongs: ${text}`);
    }
    steps.push({ kind: "change", file, before: side(text, "-"), after: side(text, "+") });
  }
  return steps;
}

/** The text before (`-`) or after (`+`) a change. */
function side(diff: string, sign: "-" | "+"): string {
  return diff
    .split("\n")
    .filter((line) => line.startsWith(sign) || line.startsWith(" "))
    .map((line) => `${line.slice(1)}\n`)
    .join("");
}

/** A file's text with the change made. Throws unless its place is there, once. */
export function change(text: string, { file, before, after }: Extract<Step, { kind: "change" }>): string {
  const at = text.indexOf(before);
  if (at === -1 || text.indexOf(before, at + 1) !== -1) {
    throw new Error(`${file} has ${at === -1 ? "no" : "more than one"} place that reads:\n${before}`);
  }
  return text.slice(0, at) + after + text.slice(at + before.length);
}
