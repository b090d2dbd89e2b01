import { createServer } from "node:http";
import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { createRecordingObserver } from "../policy/testing/recording-observer.ts";
import { startPolicy } from "./policy.ts";

const folder = mkdtempSync(join(tmpdir(), "sark-opa-"));
const token = join(folder, "token");
writeFileSync(token, "s3cret\n");
const referring = join(folder, "sark.json");
writeFileSync(referring, '{"policy":{"opaToken":"${TOKEN}"}}');

it.each<[string, string | undefined, Record<string, string>]>([
  ["a variable that holds it", undefined, { SARK_POLICY_OPA_TOKEN: "s3cret" }],
  ["a file that a variable refers to", undefined, { SARK_POLICY_OPA_TOKEN: `\${file:${token}}` }],
  ["a variable that the file refers to", referring, { TOKEN: "s3cret" }],
])("sends OPA the token of %s, which is not in the configuration", async (_what, file, variables) => {
  const seen: (string | undefined)[] = [];
  const opa = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"result":{"allow":true}}');
  }).listen(0, "127.0.0.1");
  await once(opa, "listening");
  const environment = { OPA_URL: `http://127.0.0.1:${(opa.address() as AddressInfo).port}`, ...variables };
  const { policy } = loadConfig({ file, environment });
  expect(JSON.stringify(policy)).not.toContain("s3cret");
  const engine = await startPolicy(policy, createRecordingObserver(), environment);
  await engine.check(new AbortController().signal);
  expect(seen).toEqual(["Bearer s3cret"]);
  await engine.close();
  opa.close();
});
