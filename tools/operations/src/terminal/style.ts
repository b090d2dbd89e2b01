/** What is written to, as far as it matters for looks. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Of a terminal. */
  readonly columns?: number;
}

export type Environment = Readonly<Partial<Record<string, string>>>;

/** The only sequences that our own text has, and that of the command-line library: colours, bold, faint, italic, underlined. */
export const COLOUR = /\p{Cc}\[(?:[0-4]|2[2-4]|3[0-79]|9[0-7])m/u;

/** How text for people looks where it goes to. */
export interface Style {
  /** How wide lines may be; infinite where there is no terminal. */
  readonly columns: number;
  good(text: string): string;
  bad(text: string): string;
  faint(text: string): string;
  strong(text: string): string;
}

/** Colours on a terminal that has them, and never against `NO_COLOR` (no-color.org). */
export function styleFor(stream: OutputStream, environment: Environment): Style {
  const colours = stream.isTTY === true && !environment["NO_COLOR"] && environment["TERM"] !== "dumb";
  const paint = (code: number) => (text: string) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
  const columns = stream.isTTY === true ? stream.columns || 80 : Number.POSITIVE_INFINITY;
  return { columns, good: paint(32), bad: paint(31), faint: paint(2), strong: paint(1) };
}

/** 1234567 as 1,234,567. */
export function formatCount(count: number): string {
  // Not `toLocaleString`: the first call of it takes 20 ms of processor time.
  const [whole = "", fraction] = String(Math.round(count * 1_000) / 1_000).split(".");
  const grouped = whole.replace(/\B(?=(?:\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** 1 event, 1,234 events. */
export function formatNumberOf(count: number, one: string, several = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : several}`;
}
