import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

it("the README's example runs as it stands [LOG-1] [MET-7] [HLT-1]", () => {
  const root = new URL("..", import.meta.url);
  const readme = readFileSync(new URL("README.md", root), "utf8");
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
  const output = execFileSync(process.execPath, ["--input-type=module-typescript", "-e", example], {
    cwd: root,
    encoding: "utf8",
  });
  expect(output).toMatch(
    /"component":"orders","correlation_id":"c-1","user":"alice","trace_id":"[0-9a-f]{32}"/,
  );
  expect(output).toContain('"card_token":"[redacted]"');
  expect(output).toContain('shop_orders_total{outcome="paid",customer="alice"} 1');
  expect(output).toContain('{"status":200,"body":{"status":"ok"');
});
