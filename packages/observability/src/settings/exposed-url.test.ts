import { describe, expect, it } from "vitest";
import { isExposedUrl, secureUrl } from "./exposed-url.ts";

function problemOf(text: string): string | null {
  const problems: string[] = [];
  secureUrl("why")(text, { addIssue: ({ message }) => void problems.push(message) });
  return problems[0] ?? null;
}

describe("a URL of a party that is trusted [GTW-12]", () => {
  it.each([
    "https://idp.example/keys",
    "http://localhost:9000/",
    "http://127.0.0.1/",
    "http://127.8.9.10/",
    "http://[::1]:1/",
    "http://127.1/",
    "http://2130706433/",
    "https://10.0.0.1/",
  ])("may be %s", (text) => {
    expect(isExposedUrl(new URL(text))).toBe(false);
    expect(problemOf(text)).toBeNull();
  });

  it.each([
    "http://idp.example/keys",
    "http://10.0.0.1/",
    "http://127.0.0.1.evil.example/",
    "http://[::2]/",
    "http://localhost.evil.example/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0/",
    "http://127.evil.example/",
  ])("may not be %s: others can read what is sent to it", (text) => {
    expect(isExposedUrl(new URL(text))).toBe(true);
    expect(problemOf(text)).toBe("must be an https URL, unless it is on a loopback address: why");
  });

  it.each(["https://user:secret@idp.example/", "http://user@localhost/"])(
    "holds no credentials: %s",
    (text) => {
      expect(problemOf(text)).toBe("must not contain credentials");
    },
  );
});
