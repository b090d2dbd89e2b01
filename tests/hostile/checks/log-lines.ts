/** What is wrong with lines of the gateway's log: each is one JSON object, and none is a fault of the gateway's own. */
export function logProblems(lines: readonly string[]): string[] {
  return lines.flatMap((line) => {
    const record = parse(line);
    if (record === undefined) {
      return [`a line of the log is no JSON: ${line.slice(0, 300)}`];
    }
    // oxlint-disable-next-line no-control-regex -- a terminal would act upon them, or a reader take them for ends of lines
    if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(line)) {
      return [`a line of the log has control characters: ${JSON.stringify(line.slice(0, 300))}`];
    }
    const { level, timestamp, message, error_type: type } = record;
    if (typeof level !== "string" || typeof timestamp !== "string" || typeof message !== "string") {
      return [`a line of the log lacks a field: ${line.slice(0, 300)}`];
    }
    // Whether a policy can be evaluated is decided by what a client sends, too.
    const isFault = (level === "error" && type !== "policy_error") || level === "fatal";
    return isFault ? [`the gateway says: ${line.slice(0, 600)}`] : [];
  });
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = JSON.parse(line) as unknown;
    return typeof value === "object" && value !== null
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Names of the secrets that stand in a text. */
export function leakedSecrets(text: string, secrets: Readonly<Record<string, string>>): string[] {
  return Object.entries(secrets).flatMap(([name, secret]) =>
    secret !== "" && text.includes(secret) ? [name] : [],
  );
}
