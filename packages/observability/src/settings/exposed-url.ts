import { isLoopback } from "./loopback.ts";

/** Whether others on the way can read what is sent to this URL, and change what comes from it. */
export function isExposedUrl({ protocol, hostname }: URL): boolean {
  return protocol === "http:" && !isLoopback(hostname);
}

/**
 * A refinement for the URL of a party that the gateway trusts: what is sent to it, or comes from it, must not be read or changed on
 * the way, and the URL must hold no credentials. `because` ends the message; `more` finds what else is wrong.
 */
export function secureUrl(
  because: string,
  more: (url: URL, text: string) => string | null = () => null,
): (
  text: string,
  context: { addIssue(issue: { readonly code: "custom"; readonly message: string }): void },
) => void {
  return (text, context) => {
    if (!URL.canParse(text)) {
      return;
    }
    const url = new URL(text);
    const problem = isExposedUrl(url)
      ? `must be an https URL, unless it is on a loopback address: ${because}`
      : (more(url, text) ?? (url.username + url.password === "" ? null : "must not contain credentials"));
    if (problem !== null) {
      context.addIssue({ code: "custom", message: problem });
    }
  };
}
