import type { IncomingMessage } from "node:http";

/**
 * Every value that was sent of one header, by its name in lower case. Node's `headersDistinct` has the same; it sorts all the
 * headers of a request into lists, where two or three are asked for.
 */
export function valuesOf({ rawHeaders }: Pick<IncomingMessage, "rawHeaders">, name: string): string[] {
  const values: string[] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const field = rawHeaders[index] ?? "";
    if (field.length === name.length && field.toLowerCase() === name) {
      values.push(rawHeaders[index + 1] ?? "");
    }
  }
  return values;
}
