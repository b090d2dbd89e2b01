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

it("sends OPA the token of the file that the configuration names", async () => {
  const seen: (string | undefined)[] = [];
  const opa = createServer((request, response) => {
    seen.push(request.headers.authorization);
    response.end('{"result":{"allow":true}}');
  }).listen(0, "127.0.0.1");
  await once(opa, "listening");
  const file = join(mkdtempSync(join(tmpdir(), "sark-opa-")), "token");
  writeFileSync(file, "s3cret\n");
  const { policy } = loadConfig({
    environment: {
      OPA_URL: `http://127.0.0.1:${(opa.address() as AddressInfo).port}`,
      SARK_POLICY_OPA_TOKEN_FILE: file,
    },
  });
  const engine = await startPolicy(policy, createRecordingObserver());
  await engine.check(AbortSignal.timeout(30_000));
  expect(seen).toEqual(["Bearer s3cret"]);
  await engine.close();
  opa.close();
});
