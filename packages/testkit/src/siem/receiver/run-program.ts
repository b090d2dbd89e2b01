import { createServer, type IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { listenOnLoopback } from "../../loopback.ts";
import { CERTIFICATE_KINDS, type CertificateKind } from "./certificates.ts";
import type { ReceiverFault } from "./faults.ts";
import type { ReceiverHandle, ReceiverOptions } from "./start-receiver.ts";

/** What a program's control port offers of its receiver. */
export interface ProgramReceiver extends ReceiverHandle {
  accepted(): readonly unknown[];
  poison(text: string | null, code?: number): void;
}

const SHARED = {
  port: { type: "string", default: "0" },
  "control-port": { type: "string", default: "0" },
  tls: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const USAGE = `  --port N           port of the receiver; 0 takes a free one
  --control-port N   port of the control interface; 0 takes a free one
  --tls KIND         serves HTTPS with a certificate: ${CERTIFICATE_KINDS.join(", ")}

The first line on stdout is JSON: {"url", "control", "authority"}. The control interface:
  GET    /accepted?after=N   what was truly accepted, from number N on
  GET    /requests           what came in, and what was responded
  POST   /faults             a fault, or an array of them (see faults.ts)
  DELETE /faults
  POST   /poison             {"text", "code"}: refuses events that contain the text; {"text": null} none
  POST   /down, POST /up     stops listening, and listens again
`;

/** Runs a receiver as a program: reads its command line, starts it, and serves its control interface. */
export async function runProgram(
  name: string,
  extraUsage: string,
  extra: Readonly<Record<string, { type: "string" | "boolean"; default?: string | boolean }>>,
  start: (
    options: ReceiverOptions,
    values: Readonly<Record<string, string | boolean | undefined>>,
  ) => Promise<ProgramReceiver>,
): Promise<void> {
  const { values } = parseArgs({ options: { ...SHARED, ...extra }, strict: true });
  if (values.help) {
    process.stdout.write(`Usage: ${name} [options]\n${extraUsage}${USAGE}`);
    return;
  }
  const tls = CERTIFICATE_KINDS.find((kind) => kind === values.tls);
  if (values.tls !== undefined && tls === undefined) {
    throw new Error(`--tls takes one of ${CERTIFICATE_KINDS.join(", ")}`);
  }
  const receiver = await start(
    { port: Number(values.port), ...(tls === undefined ? {} : { tls: tls satisfies CertificateKind }) },
    values,
  );
  const control = createServer((req, res) => {
    command(receiver, req).then(
      (body) => res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body ?? {})),
      (error: unknown) => res.writeHead(400).end(String(error)),
    );
  });
  const controlPort = await listenOnLoopback(control, Number(values["control-port"]));
  const { url, authority } = receiver;
  process.stdout.write(`${JSON.stringify({ url, control: `http://127.0.0.1:${controlPort}`, authority })}\n`);
}

async function command(receiver: ProgramReceiver, req: IncomingMessage): Promise<unknown> {
  const url = new URL(req.url ?? "/", "http://control");
  switch (`${req.method} ${url.pathname}`) {
    case "GET /accepted":
      return receiver.accepted().slice(Number(url.searchParams.get("after") ?? 0));
    case "GET /requests":
      return receiver.requests();
    case "POST /faults":
      return receiver.faults.add(...([await json(req)].flat() as ReceiverFault[]));
    case "DELETE /faults":
      return receiver.faults.clear();
    case "POST /poison": {
      const { text, code } = (await json(req)) as { text: string | null; code?: number };
      return receiver.poison(text, code);
    }
    case "POST /down":
      return receiver.goDown();
    case "POST /up":
      return receiver.restore();
    default:
      throw new Error(`unknown command: ${req.method} ${url.pathname}`);
  }
}
