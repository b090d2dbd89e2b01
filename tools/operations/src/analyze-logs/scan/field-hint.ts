/** What is in the bytes of each line whose field has one of these texts as its value, read as Latin-1. */
export function fieldHint(name: string, values: readonly string[]): RegExp {
  const forms = values.map((value) => literal(Buffer.from(JSON.stringify(value)).toString("latin1")));
  return new RegExp(`${literal(JSON.stringify(name))}:\\s*(?:${forms.join("|")})`, "g");
}

/** What is in each line whose field is a number of so many digits before the point at least, or has an exponent. */
export function numberHint(name: string, least: number): RegExp {
  const digits = String(Math.floor(Math.max(0, least))).length;
  return new RegExp(`${literal(JSON.stringify(name))}:\\s*(?:\\d{${digits},}|\\d[\\d.]*[eE])`, "g");
}

/** A text as a pattern that matches nothing else. */
export function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
