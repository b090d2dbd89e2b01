/** A request as it is written to the wire, with placeholders such as `{token:alice}` in its headers. */
export interface WireRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** `null`: none, and no length. */
  readonly body: Buffer | null;
  /** How its end is told. */
  readonly framing: "length" | "chunks";
}

/** Its head, with one length or coding, and `Connection: close`. */
export function writeRequest({ method, target, headers, body, framing }: WireRequest): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const end =
    body === null
      ? ""
      : framing === "length"
        ? `Content-Length: ${body.length}\r\n`
        : "Transfer-Encoding: chunked\r\n";
  const head = Buffer.from(
    `${method} ${target} HTTP/1.1\r\n${lines}${end}Connection: close\r\n\r\n`,
    "latin1",
  );
  return Buffer.concat([
    head,
    body === null || framing === "length" ? (body ?? Buffer.alloc(0)) : inChunks(body),
  ]);
}

function inChunks(body: Buffer): Buffer {
  const middle = Math.floor(body.length / 2);
  const parts = [body.subarray(0, middle), body.subarray(middle)].filter(({ length }) => length > 0);
  return Buffer.concat([
    ...parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from("\r\n")]),
    Buffer.from("0\r\n\r\n"),
  ]);
}
