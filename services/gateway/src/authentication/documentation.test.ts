import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AUTHENTICATION_ERROR_CODES } from "@sark/authentication";
import { DEFAULT_CLAIMS } from "@sark/authentication/config";

const text = readFileSync(join(import.meta.dirname, "../../../../docs/authentication.md"), "utf8");

describe("docs/authentication.md", () => {
  it("lists every code, and no others", () => {
    const section = text.slice(text.indexOf("## Refusals"), text.indexOf("## Cost"));
    const listed = [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, code = ""]) => code);
    expect(listed.toSorted()).toEqual([...AUTHENTICATION_ERROR_CODES].toSorted());
  });
  it("names every claim", () => {
    for (const claim of Object.values(DEFAULT_CLAIMS).flat()) {
      expect(text).toContain(`\`${claim}\``);
    }
  });
});
