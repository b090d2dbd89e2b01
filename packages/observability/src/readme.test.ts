import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { expect, it, onTestFinished, vi } from "vitest";

const root = new URL("..", import.meta.url);
const readme = readFileSync(new URL("README.md", root), "utf8");
const [quickStart = "", service = ""] = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, source]) => source,
);

const [whole = ""] = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, source]) => source);

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

it("the README's service by parts runs as it stands [LOG-1] [MET-7] [HLT-1]", () => {
  const output = run(service);
  expect(output).toMatch(
    /"component":"orders","correlation_id":"c-1","user":"alice","trace_id":"[0-9a-f]{32}"/,
  );
  expect(output).toContain('"card_token":"[redacted]"');
  expect(output).toContain('shop_orders_total{outcome="paid",customer="alice"} 1');
  expect(output).toContain('{"status":200,"body":{"status":"ok"');
});

it("the README's whole service runs on any ports, and ends when it is told to [LOG-1] [LOG-2] [LOG-5] [HLT-1]", async () => {
  const tellPort = 'listen(0, "127.0.0.1", function () { console.error(this.address().port); })';
  const source = whole.replaceAll(/listen\(\d+, "127\.0\.0\.1"\)/g, tellPort);
  const child = spawn(process.execPath, ["--input-type=module", "-e", source], { cwd: root });
  onTestFinished(() => void child.kill("SIGKILL"));
  const output = text(child.stdout);
  const ports = createInterface(child.stderr)[Symbol.asyncIterator]();
  const ask = async (port: string, path: string) => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, headers: response.headers, body: await response.text() };
  };
  const service = (await ports.next()).value as string;
  const operations = (await ports.next()).value as string;
  const visit = await ask(service, "/?token=hunter2");
  expect(visit).toMatchObject({ status: 200, body: "open" });
  const correlationId = visit.headers.get("x-correlation-id");
  await vi.waitFor(async () =>
    expect((await ask(operations, "/metrics")).body).toContain(
      'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/",http_response_status_code="200"} 1',
    ),
  );
  expect(await ask(operations, "/readyz")).toMatchObject({ status: 200 });
  child.kill("SIGUSR2");
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([0, null]);
  const lines = (await output)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    // Warnings about the machine.
    .filter(({ component }) => component !== "event-loop");
  expect(lines).toMatchObject([
    {
      message: "shop visited",
      correlation_id: correlationId,
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
    },
    { message: "a signal sets the log level to debug", log: "security-audit" },
  ]);
  expect(JSON.stringify(lines)).not.toContain("hunter2");
});
