import { z } from "zod";
import { FORMS, parseReferences } from "./references.ts";

const SECRET = "secret";
/** For editors, which know the JSON Schema only. */
const ANY_REFERENCE = String.raw`\$\{(file:[^}]+|[A-Za-z_][A-Za-z0-9_]*)\}`;

/**
 * Schema of a setting that is a secret: text that refers to where the secret is, also with more around it, as in
 * `Bearer ${TOKEN}`. The secret itself is refused: a configuration is read by more people than may know it.
 */
export function secretSchema() {
  return z
    .string({ error: ({ input }) => messageFor(input) })
    .superRefine((text, context) => {
      const problem = problemOf(text, { literal: false });
      if (problem !== null) {
        context.addIssue({ code: "custom", message: problem });
      }
    })
    .meta({ title: SECRET, pattern: ANY_REFERENCE });
}

/** Schema of a text that may hold references to secrets. */
export function textWithReferencesSchema() {
  return z
    .string({ error: ({ input }) => messageFor(input) })
    .superRefine((text, context) => {
      const problem = problemOf(text, { literal: true });
      if (problem !== null) {
        context.addIssue({ code: "custom", message: problem });
      }
    })
    .meta({ title: "text, may refer to secrets" });
}

/** Whether a schema is that of a secret. */
export function isSecretSchema(schema: z.ZodType): boolean {
  return schema.meta()?.title === SECRET;
}

function problemOf(text: string, { literal }: { readonly literal: boolean }): string | null {
  try {
    const pieces = parseReferences(text);
    return literal || pieces.some(({ kind }) => kind !== "text")
      ? null
      : `must not hold the secret itself: write ${FORMS}`;
  } catch (error) {
    return (error as Error).message;
  }
}

/** For what is not text at all; an object of one key is how destinations said it before. */
function messageFor(input: unknown): string {
  const entries = typeof input === "object" && input !== null ? Object.entries(input) : [];
  const [key, value] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (key === "env" && typeof value === "string" && /^\w+$/.test(value)) {
    return `write "\${${value}}" instead of {"env": "${value}"}`;
  }
  if (key === "file" && typeof value === "string" && !value.includes("}")) {
    return `write "\${file:${value}}" instead of {"file": "${value}"}`;
  }
  return `must be text: write ${FORMS}`;
}
