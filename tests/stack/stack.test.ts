import { requireServer } from "@sark/testkit";
import { expect, it } from "vitest";
import { checkStack } from "./check-stack.ts";
import { NEEDED, startStack } from "./start-stack.ts";

const without = NEEDED.map((name) => requireServer(name)).includes(null);

it.skipIf(without)(
  "runs without containers, with the configurations of the composition: targets, rules, dashboards, a log line and a trace of a call [DEP-1] [DEP-3]",
  async () => {
    const stack = await startStack();
    try {
      const lines: string[] = [];
      await checkStack(stack, (line) => lines.push(line));
      expect(lines.map((line) => line.replace(/:.*/, ""))).toEqual([
        "call",
        "opa",
        "targets",
        "rules",
        "alerts",
        "dashboards",
        "log",
        "trace",
      ]);
      expect(lines[2]).toBe("targets: 8 up");
      if (requireServer("opa") !== null) {
        expect(lines[1]).toMatch(/^opa: allowed the same call by /);
      }
    } finally {
      await stack.close();
    }
  },
);
