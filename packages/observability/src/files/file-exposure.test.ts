import { afterEach, describe, expect, it, vi } from "vitest";
import { fileExposure, folderExposure } from "./file-exposure.ts";

afterEach(() => vi.restoreAllMocks());

describe("a file with a secret, or the folder it lies in", () => {
  it.each([
    ["its own, closed", 1000, 0o100600, 0o40711],
    ["its own, for reading", 1000, 0o100400, 0o40755],
    ["root's", 0, 0o100600, 0o40755],
  ])("is fine when it is %s", (_what, uid, file, folder) => {
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    expect(fileExposure("/d/key", { uid, mode: file })).toBeNull();
    expect(folderExposure("/d", { uid, mode: folder })).toBeNull();
  });

  it.each([0, 1000])("is not when another user owns it, also where root looks (uid %i)", (self) => {
    vi.spyOn(process, "getuid").mockReturnValue(self);
    for (const exposure of [fileExposure, folderExposure]) {
      expect(exposure("/d/key", { uid: 1001, mode: 0o600 })).toBe(
        `/d/key belongs to another user (uid 1001), who can change it; run: chown ${self} /d/key`,
      );
    }
  });

  it.each([0o100640, 0o100604, 0o100620, 0o100602, 0o100610])(
    "is not when others reach the file (%o)",
    (mode) => {
      vi.spyOn(process, "getuid").mockReturnValue(1000);
      expect(fileExposure("/d/key", { uid: 1000, mode })).toMatch(/open to others.*chmod 600 \/d\/key/);
    },
  );

  it.each([0o40770, 0o40722, 0o41777])("is not when others can write to the folder (%o)", (mode) => {
    vi.spyOn(process, "getuid").mockReturnValue(1000);
    expect(folderExposure("/d", { uid: 1000, mode })).toMatch(/Others can write to \/d; run: chmod go-w \/d/);
  });
});
