import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadConfig } from "../config/load.ts";
import { startSigning } from "./signing.ts";

let folder: string;
let pipe: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-signing-"));
  pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
});
afterAll(() => rmSync(folder, { recursive: true }));

it.each<[setting: string, settings: () => object]>([
  ["formerLogKeysFile", () => ({ formerLogKeysFile: pipe })],
  [
    "timeStampAuthorities.0.certificateFiles",
    () => ({ timeStampAuthorities: [{ url: "https://tsa.example", certificateFiles: [pipe] }] }),
  ],
])(
  "does not wait for a pipe that no program writes in place of %s, and names the setting",
  async (setting, settings) => {
    const { audit } = loadConfig({ environment: {} });
    const starting = startSigning(
      "postgres://127.0.0.1:1/none",
      { ...audit, ...settings() },
      folder,
      {} as never,
    );
    await expect(starting).rejects.toThrow(`audit.${setting}: not a regular file of at most`);
  },
);
