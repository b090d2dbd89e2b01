import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { AuthenticationObserver } from "../authentication/contract/observer.ts";
import { loadConfig } from "../config/load.ts";
import { startAuthentication } from "./authentication.ts";

const observer: AuthenticationObserver = {
  apiKeysLoaded: () => undefined,
  apiKeysLoadFailed: () => undefined,
  apiKeyUsageNotWritten: () => undefined,
  signingKeyFileChanged: () => undefined,
  signingKeysFetchFailed: () => undefined,
  signingKeysFetched: () => undefined,
};

it("makes one admin key for gateways that start at once on one data directory, and all of them take it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "sark-authentication-"));
  const config = loadConfig({ environment: {} });
  const started = await Promise.all(
    Array.from({ length: 3 }, () => startAuthentication(config.authentication, folder, observer)),
  );
  for (const { authenticator, adminKeyFile, close } of started) {
    const key = readFileSync(adminKeyFile, "utf8").trim();
    const { principal } = await authenticator.authenticate({ "x-api-key": key });
    expect(principal).toMatchObject({ id: "admin", roles: ["admin"] });
    await close();
  }
  rmSync(folder, { recursive: true });
});
