import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTokenIssuer } from "@sark/testkit";
import { createIssuers } from "@sark/authentication";
import { expect, it, onTestFinished, vi } from "vitest";
import { openApiKeyStore } from "./api-keys/api-key-store.ts";
import { issueApiKey } from "./api-keys/issue-key.ts";
import { authenticationCheck, watchSigningKeys } from "./health-checks.ts";
import { IGNORE } from "./testing/observer.ts";

const WAIT = { timeout: 20_000, interval: 20 };
const FINE = { loadError: () => null };

async function run(check: ReturnType<typeof authenticationCheck>) {
  return check.check(new AbortController().signal);
}

it("says while a file of API keys cannot be used that older ones are in force [HLT-1] [GTW-1]", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-keys-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "api-keys.json");
  await issueApiKey(file, { id: "a", principal: "alice" });
  const store = await openApiKeyStore({ file, observer: IGNORE, pollMs: 20 });
  onTestFinished(() => store.close());
  const check = authenticationCheck(store, { problems: () => [] });
  expect(await run(check)).toEqual({});
  appendFileSync(file, "{");
  await vi.waitFor(
    async () =>
      expect(await run(check)).toMatchObject({
        degraded: true,
        message: expect.stringContaining("older API keys are in force"),
      }),
    WAIT,
  );
});

it("is down while an issuer's keys are missing, and well again with them [HLT-1] [GTW-1]", async () => {
  const issuer = await startTokenIssuer({ audience: "sark" });
  onTestFinished(() => issuer.close());
  const watched = watchSigningKeys(IGNORE);
  const issuers = createIssuers(
    [
      {
        issuer: issuer.issuer,
        jwksUrl: issuer.jwksUrl,
        audiences: ["sark"],
        algorithms: ["ES256"],
        clockToleranceSeconds: 0,
        keys: { retryMs: 1, cooldownMs: 1, refreshMs: 1 },
      },
    ],
    watched.observer,
  );
  const check = authenticationCheck(FINE, watched);
  const ask = async () => issuers.authenticate(await issuer.issue({ sub: "alice" })).catch(() => undefined);
  expect(await run(check)).toEqual({});
  issuer.fail(503);
  await ask();
  await expect(run(check)).rejects.toThrow(issuer.jwksUrl);
  await issuer.recover();
  await vi.waitFor(async () => {
    await ask();
    expect(await run(check)).toEqual({});
  }, WAIT);
  issuer.fail(503);
  await vi.waitFor(async () => {
    await ask();
    expect(await run(check)).toMatchObject({
      degraded: true,
      message: expect.stringContaining("older ones are in force"),
    });
  }, WAIT);
});
