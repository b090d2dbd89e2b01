import { describe, expect, it, onTestFinished } from "vitest";
import { createPolicyDirectory } from "../testing/policy-directory.ts";
import { query } from "../testing/queries.ts";
import { createRecordingObserver } from "../testing/recording-observer.ts";
import { createCedarEngine } from "./cedar-engine.ts";

const SECRET = "s3cret-value";
const NUMBER = 4_611_686_018_427;

async function reasonOf(condition: string): Promise<string> {
  const directory = await createPolicyDirectory({
    "a.cedar": `permit(principal, action, resource) when { ${condition} };`,
  });
  const observer = createRecordingObserver();
  const engine = await createCedarEngine({ directory: directory.path, observer, timeoutMs: 60_000 });
  onTestFinished(() => engine.close());
  onTestFinished(() => directory.destroy());
  const parameters = { password: SECRET, pin: NUMBER, list: [SECRET], nested: { [SECRET]: 1 } };
  const { code, reason } = await engine.decide(query({ context: { method: "tools/call", parameters } }));
  expect(code).toBe("policy_error");
  return reason;
}

describe("the reason of a policy that cannot be evaluated shows no value of the request [GTW-12]", () => {
  it.each([
    ["ip(context.parameters.password).isLoopback()", "error while evaluating `ipaddr` extension function"],
    [
      'decimal(context.parameters.password).lessThan(decimal("1.0"))',
      "error while evaluating `decimal` extension function",
    ],
    [
      'datetime(context.parameters.password) < datetime("2024-01-01")',
      "error while evaluating `datetime` extension function",
    ],
    [
      'duration(context.parameters.password) < duration("1s")',
      "error while evaluating `duration` extension function",
    ],
    ["principal.getTag(context.parameters.password) == 1", "it fails for a value of the request"],
    ["context.parameters.pin * 9000000000000 * 9000000000000 == 1", "integer overflow"],
    ["context.parameters.pin + 9223372036854775807 == 1", "integer overflow"],
    ["context.parameters.password > 3", "type error: expected long, got string"],
    ["context.parameters.list > 3", "type error: expected long, got set"],
    ["context.parameters.nested > 3", "type error: expected long, got record"],
    ["context.parameters.nested.other == 3", "record does not have the attribute `other`"],
    ["context.parameters.nope == 1", "record does not have the attribute `nope`"],
  ])("%s", async (condition, said) => {
    const reason = await reasonOf(condition);
    expect(reason).toBe(`Policy a.cedar#1 could not be evaluated: ${said}.`);
    expect(reason).not.toMatch(/s3cret|4611686018427/);
  });
});
