import { once } from "node:events";
import { createServer } from "node:http";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { configSchema } from "../config/schema.ts";
import { query } from "../policy/testing/queries.ts";
import { createRecordingObserver } from "../policy/testing/recording-observer.ts";
import { startPolicy } from "./policy.ts";

it("asks OPA with the token that its file holds now, and with the former one while it holds none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-opa-token-"));
  let accepted = "one";
  const seen: (string | undefined)[] = [];
  const opa = createServer((request, response) => {
    seen.push(request.headers.authorization);
    request.resume();
    const isAllowed = request.headers.authorization === `Bearer ${accepted}`;
    response.writeHead(isAllowed ? 200 : 401).end(JSON.stringify({ result: { allow: true } }));
  });
  await once(opa.listen(0, "127.0.0.1"), "listening");
  const file = join(folder, "token");
  const opaUrl = `http://127.0.0.1:${(opa.address() as AddressInfo).port}`;
  const settings = { opaUrl, opaToken: `\${file:${file}}`, cacheTtl: "0s", timeout: "30s" };
  const { policy } = configSchema.parse({ policy: settings });
  const observer = createRecordingObserver();
  await expect(startPolicy(policy, observer, {})).rejects.toThrow(
    `policy.opaToken: the file ${file} cannot be read`,
  );

  writeFileSync(file, "one\n");
  const engine = await startPolicy(policy, observer, {});
  const codes = async () =>
    new Set(
      (await Promise.all(Array.from({ length: 8 }, async () => engine.decide(query())))).map(
        ({ code }) => code,
      ),
    );
  expect(await codes()).toEqual(new Set(["allowed"]));

  accepted = "two";
  expect(await codes()).toEqual(new Set(["policy_error"]));
  writeFileSync(file, "two\n");
  expect(await codes()).toEqual(new Set(["allowed"]));
  writeFileSync(file, "");
  expect(await codes()).toEqual(new Set(["allowed"]));
  expect(new Set(seen)).toEqual(new Set(["Bearer one", "Bearer two"]));
  expect(observer.seen("tokenFileChanged")).toEqual([
    { problem: null },
    { problem: expect.stringContaining("is empty") },
  ]);
  await engine.close();
  opa.close();
  rmSync(folder, { recursive: true });
});
