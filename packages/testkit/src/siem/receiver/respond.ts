import type { ServerResponse } from "node:http";
import { wait } from "@sark/observability/waiting";
import type { FaultBehaviour } from "./faults.ts";

export interface Response {
  readonly status: number;
  /** An object is sent as JSON. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const GARBAGE = "<html><body><h1>It works!</h1></body></html>";

/** Puts a response on the wire in the way that the fault says; returns when it has done its worst. */
export async function respond(
  res: ServerResponse,
  response: Response,
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
    case "half-response":
      await halfResponse(res, response);
      return;
    case "slow-drip":
      await drip(res, response, fault.msPerByte);
      return;
    case "response":
    case "code":
    case "special":
    case undefined:
      head(res, response).end(bytes(response));
  }
}

function bytes({ body }: Response): Buffer {
  if (body === undefined) {
    return Buffer.alloc(0);
  }
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
}

function head(res: ServerResponse, response: Response): ServerResponse {
  return res.writeHead(response.status, {
    "content-type": "application/json",
    "content-length": bytes(response).length,
    ...response.headers,
  });
}

async function halfResponse(res: ServerResponse, response: Response): Promise<void> {
  head(res, response);
  const whole = bytes(response);
  await new Promise<void>((resolve) => {
    res.once("close", resolve);
    res.write(whole.subarray(0, Math.max(1, whole.length >> 1)), () => resolve());
  });
  res.socket?.resetAndDestroy();
}

async function drip(res: ServerResponse, response: Response, msPerByte: number): Promise<void> {
  head(res, response).flushHeaders();
  for (const byte of bytes(response)) {
    if (res.destroyed) {
      return;
    }
    res.write(Buffer.of(byte));
    await wait(msPerByte);
  }
  res.end();
}
