// npm run reader: follows docs/getting-started.md in a fresh clone, with the commands of its text.
import { parseArgs } from "node:util";
import { followPage } from "./follow-page.ts";

const { values } = parseArgs({ options: { here: { type: "boolean" } } });
const problems = await followPage({
  // `--here` takes the page and the code as they are, uncommitted changes included.
  committed: values.here !== true,
  say: (text) => process.stdout.write(text),
});
for (const problem of problems) {
  console.error(`NOT REACHED: ${problem}`);
}
console.log(problems.length === 0 ? "\nThe reader got to the end." : "");
process.exitCode = problems.length === 0 ? 0 : 1;
