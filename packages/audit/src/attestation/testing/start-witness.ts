import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeBase64, parseDecimal } from "../../transparency-log/encodings.ts";
import { EMPTY_ROOT, HASH_BYTES } from "../../transparency-log/tree/hashing.ts";
import type { KeySet } from "../../transparency-log/notes/key-set.ts";
import type { Cosigner } from "../../transparency-log/notes/note-signer.ts";
import { openCheckpoint, type OpenedCheckpoint } from "../../transparency-log/notes/open-checkpoint.ts";
import { formatSignatureLine } from "../../transparency-log/notes/signed-note.ts";
import { verifyConsistency } from "../../transparency-log/proofs/verify-proof.ts";

/** A witness for tests, which refuses all that C2SP tlog-witness tells it to refuse. */
export interface TestWitness {
  readonly url: string;
  /** The newest checkpoint that it cosigned. */
  readonly newest: { readonly size: number; readonly root: Uint8Array };
  /** Statuses of its responses, in order. */
  readonly statuses: readonly number[];
  /** Responds to everything with this instead, until it is `null` again. */
  misbehave: ((response: ServerResponse) => void) | null;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}
const refusal = (status: number, body: string): Reply => ({ status, type: "text/plain", body: `${body}\n` });

/** @param keys of the one log, of that origin, that it knows */
export async function startWitness(origin: string, keys: KeySet, cosigner: Cosigner): Promise<TestWitness> {
  let newest: TestWitness["newest"] = { size: 0, root: EMPTY_ROOT };
  const statuses: number[] = [];

  /** The order of the checks is the specification's. */
  function addCheckpoint(body: string): Reply {
    const split = body.indexOf("\n\n");
    const [oldLine = "", ...proofLines] = body.slice(0, Math.max(0, split)).split("\n");
    const old = oldLine.startsWith("old ") ? parseDecimal(oldLine.slice(4)) : null;
    const proof = proofLines.map(decodeBase64);
    if (old === null || proof.length > 63 || proof.some((hash) => hash?.length !== HASH_BYTES)) {
      return refusal(400, "old size or proof not readable");
    }
    const note = body.slice(split + 2);
    if (!note.startsWith(`${origin}\n`)) {
      return refusal(404, "unknown origin");
    }
    let checkpoint: OpenedCheckpoint;
    try {
      checkpoint = openCheckpoint(note, keys, origin);
    } catch (error) {
      return refusal(403, String(error));
    }
    const { size, root, text } = checkpoint;
    if (old > size) {
      return refusal(400, "old size is larger than the checkpoint");
    }
    if (old !== newest.size) {
      return { status: 409, type: "text/x.tlog.size", body: `${newest.size}\n` };
    }
    if (!verifyConsistency(old, size, newest.root, root, proof as Uint8Array[])) {
      return refusal(422, "inconsistent");
    }
    newest = { size, root };
    const line = formatSignatureLine(cosigner.cosign(text, Math.floor(Date.now() / 1000)));
    return { status: 200, type: "text/plain", body: line };
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    if (witness.misbehave !== null) {
      witness.misbehave(response);
      return;
    }
    const known = request.method === "POST" && request.url === "/w/add-checkpoint";
    const reply = known
      ? addCheckpoint(Buffer.concat(chunks).toString("utf8"))
      : refusal(404, "no such call");
    statuses.push(reply.status);
    response.writeHead(reply.status, { "content-type": reply.type }).end(reply.body);
  }

  const server = createServer((request, response) => void handle(request, response));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const witness: TestWitness = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/w`,
    get newest() {
      return newest;
    },
    statuses,
    misbehave: null,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return witness;
}
