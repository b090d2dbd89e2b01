import {
  drop,
  JSON_TYPE,
  progress,
  response,
  sseEvent,
  SSE_TYPE,
  waitBefore,
  write,
  type Behaviour,
  type Misconduct,
} from "./behaviour.ts";

const BLOCK = Buffer.alloc(64 * 1024, "x");

/** Responses that never come, break off, or have no end. */
export const connections = {
  "never-responds": () => {},
  "closes-at-once": ({ res }) => void res.destroy(),
  "half-head": ({ res }) => void res.socket?.write("HTTP/1.1 200 OK\r\ncontent-type: applicat"),
  "not-http": ({ res }) => void res.socket?.end("220 mail.example.com ESMTP\r\n"),
  "dies-mid-json": async ({ res, message }) => {
    const text = response(message.id);
    res.writeHead(200, { ...JSON_TYPE, "content-length": Buffer.byteLength(text) });
    await write(res, text.slice(0, -10));
    await drop(res);
  },
  "dies-mid-sse": async ({ res }) => {
    res.writeHead(200, SSE_TYPE);
    await write(res, sseEvent(progress(1)) + "event: message\ndata: {");
    await drop(res);
  },
  "hangs-mid-sse": async ({ res }) => {
    res.writeHead(200, SSE_TYPE);
    await write(res, sseEvent(progress(1)));
  },
  "hangs-mid-json": async ({ res, message }) => {
    res.writeHead(200, JSON_TYPE);
    await write(res, response(message.id).slice(0, -10));
  },
  "slow-drip": async ({ res, message, ms }) => {
    res.writeHead(200, JSON_TYPE);
    for (const byte of response(message.id)) {
      if (!(await write(res, byte)) || !(await waitBefore(res, ms))) {
        return;
      }
    }
    res.end();
  },
  "enormous-json": (misconduct) => {
    misconduct.res.writeHead(200, JSON_TYPE);
    return enormous(misconduct, response(misconduct.message.id, "|"));
  },
  "enormous-event": (misconduct) => {
    misconduct.res.writeHead(200, SSE_TYPE);
    return enormous(misconduct, sseEvent(response(misconduct.message.id, "|")));
  },
  "endless-sse": async ({ res, ms }) => {
    res.writeHead(200, SSE_TYPE);
    for (let n = 1; (await write(res, sseEvent(progress(n)))) && (await waitBefore(res, ms)); n++) {}
  },
} satisfies Record<string, Behaviour>;

/** Writes a text whose `|` stands for so many bytes. */
async function enormous({ res, bytes }: Misconduct, pattern: string): Promise<void> {
  const [before = "", after = ""] = pattern.split("|");
  await write(res, before);
  for (let left = bytes; left > 0; left -= BLOCK.length) {
    if (!(await write(res, BLOCK.subarray(0, left)))) {
      return;
    }
  }
  res.end(after);
}
