import type { ServerResponse } from "node:http";
import { wait } from "@sark/observability/waiting";
import type { FaultBehaviour } from "./faults.ts";

export interface Answer {
  readonly status: number;
  /** An object is sent as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const GARBAGE = "<html><body><h1>It works!</h1></body></html>";

/** Puts an answer on the wire in the way that the fault says; returns when it has done its worst. */
export async function respond(
  res: ServerResponse,
  answer: Answer,
  fault: FaultBehaviour | undefined,
): Promise<void> {
  switch (fault?.kind) {
    case "hang":
      return;
    case "reset-before-body":
    case "reset-after-body":
      res.socket?.resetAndDestroy();
      return;
    case "garbage":
      res.writeHead(200, { "content-type": "text/html" }).end(GARBAGE);
      return;
    case "half-answer":
      await halfAnswer(res, answer);
      return;
    case "slow-drip":
      await drip(res, answer, fault.msPerByte);
      return;
    case "answer":
    case "code":
    case "special":
    case undefined:
      head(res, answer).end(bytes(answer));
  }
}

function bytes({ body }: Answer): Buffer {
  if (body === undefined) {
    return Buffer.alloc(0);
  }
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function head(res: ServerResponse, answer: Answer): ServerResponse {
  return res.writeHead(answer.status, {
    "content-type": "application/json",
    "content-length": bytes(answer).length,
    ...answer.headers,
  });
}

async function halfAnswer(res: ServerResponse, answer: Answer): Promise<void> {
  head(res, answer);
  const whole = bytes(answer);
  await new Promise<void>((resolve) => {
    res.once("close", resolve);
    res.write(whole.subarray(0, Math.max(1, whole.length >> 1)), () => resolve());
  });
  res.socket?.resetAndDestroy();
}

async function drip(res: ServerResponse, answer: Answer, msPerByte: number): Promise<void> {
  head(res, answer).flushHeaders();
  for (const byte of bytes(answer)) {
    if (res.destroyed) {
      return;
    }
    res.write(Buffer.of(byte));
    await wait(msPerByte);
  }
  res.end();
}
