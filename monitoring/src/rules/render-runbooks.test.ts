import { describe, expect, it } from "vitest";
import { RULE_FILES } from "../index.ts";
import { renderRunbooks } from "./render-runbooks.ts";

const page = renderRunbooks(RULE_FILES);

describe("the page of runbooks [DOC-1]", () => {
  it("links each page that it names", () => {
    const named = page.match(/docs\/[\w/-]+\.md/g) ?? [];
    const linked = page.match(/\[docs\/([\w/-]+\.md)\]\(\.\.\/\.\.\/\1\)/g) ?? [];
    expect(named.length).toBeGreaterThan(10);
    expect(linked.length).toBe(named.length);
  });

  it("links each other alert that it names, and leaves code as it is", () => {
    expect(page).toContain("see [LowPolicyCacheHitRate](#lowpolicycachehitrate)");
    expect(page).not.toMatch(/\bsee [A-Z]\w+[a-z][A-Z]/);
    expect(page).not.toMatch(/`[^`\n]*\]\([^`\n]*`/);
  });
});
