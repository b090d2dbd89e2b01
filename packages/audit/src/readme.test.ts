import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("the README's example runs as it stands [AUD-1] [AUD-6]", () => {
  const root = new URL("..", import.meta.url);
  const readme = readFileSync(new URL("README.md", root), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const output = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", example], {
    cwd: root,
    encoding: "utf8",
  });
  const lines = output.trimEnd().split(/\r?\n/);
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
