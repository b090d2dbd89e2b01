import { expect, it } from "vitest";
import { bannedWords, findWords } from "./words/find-words.ts";

const WORDS = bannedWords(`
| \`unused\` | of another table | \`other\` |
## Glossary
| word | for | never |
|---|---|---|
| response | what comes back | \`answer\` |
| quarantine | where events stand | \`set aside\` |

Plain English: also never \`gone\`.
`);

it("takes the words from the glossary, and from nothing above it", () => {
  expect(WORDS.map(({ word }) => word)).toEqual(["answer", "set aside", "gone"]);
  expect(() => bannedWords("# Architecture")).toThrow("no glossary");
});

it("finds them in every spelling that names use, with the line", () => {
  const text = "const answer = 1;\nunanswered(sendAnswer)\nset_aside setAside SET-ASIDE\nisgone, it is gone";
  expect(findWords(text, WORDS)).toEqual([
    { word: "answer", line: 1 },
    { word: "answer", line: 2 },
    { word: "answer", line: 2 },
    { word: "set aside", line: 3 },
    { word: "set aside", line: 3 },
    { word: "set aside", line: 3 },
    { word: "gone", line: 4 },
  ]);
});

it("leaves words alone that hold a short one by chance", () => {
  expect(findWords("forgone epigones, a set of asides", WORDS)).toEqual([]);
});
