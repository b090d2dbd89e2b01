import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { ATTESTATION_ERROR_CODES } from "./attestation/errors.ts";
import { AUDIT_ERROR_CODES } from "./errors.ts";
import { LOG_BUILDER_ERROR_CODES } from "./log-builder/errors.ts";
import { TRANSPARENCY_LOG_ERROR_CODES } from "./transparency-log/errors.ts";
import { VERIFICATION_ERROR_CODES } from "./verification/errors.ts";

const page = readFileSync(new URL("../../../docs/reference/errors.md", import.meta.url), "utf8");

it.each<[name: string, codes: readonly string[]]>([
  ["AuditError", AUDIT_ERROR_CODES],
  ["LogBuilderError", LOG_BUILDER_ERROR_CODES],
  ["TransparencyLogError", TRANSPARENCY_LOG_ERROR_CODES],
  ["VerificationError", VERIFICATION_ERROR_CODES],
  ["AttestationError", ATTESTATION_ERROR_CODES],
])("lists in docs/reference/errors.md every code of a %s, and no other", (name, codes) => {
  const [, section = ""] = page.split(`### \`${name}\``);
  const [table = ""] = section.split("\n##");
  expect([...table.matchAll(/^\| `(\w+)` \| .+ \|$/gm)].map(([, code]) => code)).toEqual([...codes]);
});
