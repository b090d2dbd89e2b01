const BACKSLASH = 0x5c;

/** Index of the quote that ends the string of a JSON text whose first quote is at `open`; -1 when it does not end. */
export function closingQuote(text: string, open: number): number {
  let quote = text.indexOf('"', open + 1);
  while (quote !== -1 && isEscaped(text, quote)) {
    quote = text.indexOf('"', quote + 1);
  }
  return quote;
}

function isEscaped(text: string, index: number): boolean {
  let before = index - 1;
  while (text.charCodeAt(before) === BACKSLASH) {
    before -= 1;
  }
  return (index - before) % 2 === 0;
}
