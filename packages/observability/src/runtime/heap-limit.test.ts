import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const MIB = 1_048_576;
const MODULE = new URL("heap-limit.ts", import.meta.url).href;

it.each([
  [["--max-old-space-size=384"], 384],
  [["--max-old-space-size=256", "--max-semi-space-size=8"], 256],
])("leaves out of the limit what only young objects may take: %j [MET-11]", async (flags, expected) => {
  const script = `const { oldGenerationLimit } = await import(${JSON.stringify(MODULE)}); console.log(oldGenerationLimit())`;
  const args = [...flags, "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(Number(stdout) / MIB).toBe(expected);
});
