import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { sessionKey } from "./session-key.ts";

function directory(): string {
  const folder = mkdtempSync(join(tmpdir(), "sark-session-key-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

const SECRET = "planted-0123456789-0123456789-0123456789";

describe("the key of sessions [GTW-6]", () => {
  it("is the same on replicas that are told the same secret, however they are told", () => {
    const folder = directory();
    writeFileSync(join(folder, "secret"), `${SECRET}\n`);
    const byFile = sessionKey(`\${file:${join(folder, "secret")}}`, folder, {});
    expect(byFile).toEqual(sessionKey("${KEY}", directory(), { KEY: SECRET }));
    expect(byFile).toHaveLength(32);
    expect(byFile).not.toEqual(sessionKey("${KEY}", folder, { KEY: `${SECRET}.` }));
  });

  it("is one of the data directory's own without", () => {
    const folder = directory();
    expect(sessionKey(undefined, folder, {})).toEqual(sessionKey(undefined, folder, {}));
    expect(sessionKey(undefined, folder, {})).not.toEqual(sessionKey(undefined, directory(), {}));
  });

  it("is refused when it is short or missing, without being told", () => {
    expect(() => sessionKey("${KEY}", directory(), { KEY: "short-secret" })).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining("short-secret") as string }),
    );
    expect(() => sessionKey("${KEY}", directory(), {})).toThrow(/mcp\.sessionKey: .*KEY/);
  });
});
