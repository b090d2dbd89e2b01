import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { LIBRARIES, stageOf, type Library } from "./build-library.ts";
import { undocumentedExports } from "./undocumented-exports.ts";

/** What is wrong with the libraries as they are put together: a line for each fault. */
export async function packageProblems(): Promise<string[]> {
  const problems = await Promise.all(
    LIBRARIES.map(async (library) => [
      ...(await linted(library)),
      ...undocumentedExports(stageOf(library)),
      ...readsOfTheEnvironment(library),
    ]),
  );
  return LIBRARIES.flatMap((library, at) =>
    (problems[at] ?? []).map((problem) => `@sark/${library}: ${problem}`),
  );
}

async function linted(library: Library): Promise<string[]> {
  const pkgDir = stageOf(library);
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });
  return messages.map((message) => formatMessage(message, pkg, { color: false }) ?? message.code);
}

/** What a library needs of the environment its user passes in: two of them in one process may need different things. */
function readsOfTheEnvironment(library: Library): string[] {
  const dist = join(stageOf(library), "dist");
  return readdirSync(dist, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".js") && !file.split(/[\\/]/).includes("testing"))
    .filter((file) => /\bprocess\.env\b/.test(readFileSync(join(dist, file), "utf8")))
    .map((file) => `dist/${file} reads process.env; take what is needed as an option`);
}
