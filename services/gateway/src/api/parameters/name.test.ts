import { expect, it } from "vitest";
import { rateLimitQuery } from "../limits/parameters.ts";
import { quotaQuery } from "../quotas/parameters.ts";
import { endBody, sessionsQuery } from "../sessions/parameters.ts";
import { toolStatsQuery } from "../tools/parameters.ts";

it.each([
  ["rate limits", rateLimitQuery, "server"],
  ["quotas", quotaQuery, "user"],
  ["sessions", sessionsQuery, "user"],
  ["tools", toolStatsQuery, "server"],
  ["reasons", endBody, "reason"],
] as const)(
  "no name of %s has what neither a query nor a record can hold [GTW-12]",
  (_what, schema, field) => {
    expect(schema.safeParse({ [field]: "fine" }).success).toBe(true);
    for (const text of ["a\u0000", "\u0000", "a\ud800"]) {
      expect(schema.safeParse({ [field]: text }).error?.issues).toMatchObject([
        { path: [field], message: expect.stringMatching(/^must not contain (?:NUL|control)/) as string },
      ]);
    }
  },
);
