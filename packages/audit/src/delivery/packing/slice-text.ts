/** The beginning of a text, without half a character at its end. */
export function sliceCharacters(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, "");
}

/** The longest beginning of a text that fits, without half a character at its end. */
export function sliceBytes(text: string, bytes: number): string {
  const whole = Buffer.from(text);
  if (whole.length <= bytes) {
    return text;
  }
  return new TextDecoder("utf-8").decode(whole.subarray(0, bytes), { stream: true });
}
