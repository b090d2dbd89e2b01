import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createTestDatabase } from "@sark/testkit";
import { expect, inject, it } from "vitest";

const root = new URL("..", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const [quickStart = "", call = ""] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, source]) => source,
);

/** What an example prints, on a database of its own. */
async function run(example: string): Promise<string[]> {
  const { url } = await createTestDatabase(inject("postgresUrl"));
  const output = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", example], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, DATABASE_URL: url },
  });
  return output.trimEnd().split(/\r?\n/);
}

it("the README's quick start runs as it stands [AUD-1]", async () => {
  expect(await run(quickStart)).toEqual(["0 alice motd"]);
});

it("the README's call with its outcome runs as it stands [AUD-1] [AUD-6]", async () => {
  const lines = await run(call);
  expect(lines).toHaveLength(7);
  expect(lines.slice(0, 3)).toEqual([
    "invalid_event timestamp",
    "[ 'read: ok' ]",
    '{"password":"[redacted]","path":"/etc/motd"}',
  ]);
  expect(lines[3]).toMatch(/^seq,id,timestamp,event_type,user_id,/);
  expect(lines[5]).toMatch(/^1,[0-9a-f-]{36},.*,tool_invoke,alice,.*,outcome,ok,/);
  expect(lines[6]).toBe("1");
});
