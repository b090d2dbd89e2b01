import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ACTIONS, DECISION_CODES } from "../domain/authorization.ts";
import { ACTION_GROUPS } from "./cedar/actions.ts";

const text = readFileSync(join(import.meta.dirname, "../../../../docs/policies.md"), "utf8");
const firstColumn = new Set([...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = ""]) => name));

describe("docs/policies.md", () => {
  it("lists every action and every code, and no others", () => {
    const listed = [...firstColumn].filter((name) =>
      /^(gateway:|policy_|ambiguous_|insufficient_|undecidable_|allowed|denied)/.test(name),
    );
    expect(listed.toSorted()).toEqual([...ACTIONS, ...DECISION_CODES].toSorted());
  });
  it("names every group of actions", () => {
    for (const group of new Set(Object.values(ACTION_GROUPS).flat())) {
      expect(text).toContain(`\`${group}\``);
    }
  });
});
