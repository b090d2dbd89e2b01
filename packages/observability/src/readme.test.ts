import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

const root = new URL("..", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const [quickStart = "", service = ""] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, source]) => source,
);

function run(example: string): string {
  return execFileSync(process.execPath, ["--input-type=module-typescript", "-e", example], {
    cwd: root,
    encoding: "utf8",
  });
}

it("the README's quick start runs as it stands [LOG-1] [MET-7]", () => {
  const output = run(quickStart);
  expect(output).toMatch(/"user":"alice","password":"\[redacted\]","message":"greeting sent"/);
  expect(output).toContain("\ngreetings_total 1\n");
});

it("the README's whole service runs as it stands [LOG-1] [MET-7] [HLT-1]", () => {
  const output = run(service);
  expect(output).toMatch(
    /"component":"orders","correlation_id":"c-1","user":"alice","trace_id":"[0-9a-f]{32}"/,
  );
  expect(output).toContain('"card_token":"[redacted]"');
  expect(output).toContain('shop_orders_total{outcome="paid",customer="alice"} 1');
  expect(output).toContain('{"status":200,"body":{"status":"ok"');
});
