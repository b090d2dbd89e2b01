import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { requireServer, startMcpServer } from "@sark/testkit";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { auditCommand } from "../support/audit-command.ts";
import { startGatewayUnderTest, type GatewayUnderTest } from "../support/gateway-under-test.ts";
import { CLIENTS, connectClient, type ClientKind } from "../support/official-clients.ts";
import { send } from "../support/requests.ts";

const tools = await startMcpServer();
let gateway: GatewayUnderTest;

beforeAll(async () => {
  gateway = await startGatewayUnderTest({
    upstreams: [{ name: "tools", transport: "http", url: tools.url, sensitivity: "low" }],
    config: { audit: { checkpointInterval: "100ms" } },
  });
});
afterAll(async () => {
  await gateway.close();
  await tools.close();
});

const authorization = () => `Bearer ${gateway.apiKey}`;
const keyFile = () => join(gateway.dataDirectory, "audit-log.vkey");

/** What the caller of one tool call was told, in the head of the response and in the result. */
async function told(kind: ClientKind) {
  const heads: Record<string, string>[] = [];
  const client = await connectClient(kind, `${gateway.url}/mcp/tools`, {
    headers: { authorization: authorization() },
    onResponse({ headers }, request) {
      if (request.includes("tools/call")) {
        heads.push(Object.fromEntries([...headers].filter(([name]) => name.startsWith("sark-audit-"))));
      }
    },
  });
  try {
    const { _meta } = await client.callTool("echo", { text: kind });
    return { heads, reference: (_meta as Record<string, Reference>)["sark/audit"]! };
  } finally {
    await client.close();
  }
}

interface Reference {
  readonly id: string;
  readonly seq: number;
  readonly leaf_hash: string;
}

/** The receipt, as soon as its event is under a signed checkpoint; in a file. */
async function receiptOf({ id }: Reference): Promise<string> {
  const file = join(gateway.dataDirectory, `${id}.tlog-proof`);
  await vi.waitFor(async () => {
    const headers = { authorization: authorization() };
    const response = await send(gateway.url, { method: "GET", path: `/api/v1/audit/receipt/${id}`, headers });
    expect(response.status).toBe(200);
    writeFileSync(file, response.text);
  });
  return file;
}

describe("a caller", () => {
  it.each(CLIENTS)(
    "with the official %s learns where its call is on record, and proves it [AUD-7] [GTW-1]",
    async (kind) => {
      const { heads, reference } = await told(kind);
      const { id, seq, leaf_hash: leafHash } = reference;
      expect(heads).toEqual([
        { "sark-audit-id": id, "sark-audit-seq": String(seq), "sark-audit-leaf-hash": leafHash },
      ]);
      const file = await receiptOf(reference);
      const verify = ["receipt", "verify", file, "--key", keyFile()];
      expect(await auditCommand([...verify, "--seq", String(seq), "--leaf-hash", leafHash])).toMatchObject({
        code: 0,
        report: { ok: true, seq, event: { id, event_type: "tool_invoke", tool_name: "echo" } },
      });
      expect(await auditCommand([...verify, "--seq", String(seq + 1)])).toMatchObject({
        code: 1,
        report: { ok: false, code: "wrong_event" },
      });
    },
  );
});

/** Runs the program for each file, in one interpreter: what it printed, or null where it failed. */
const EACH = `
import contextlib, io, json, sys
program, key, *files = sys.argv[1:]
said = []
for name in files:
    sys.argv = ["-c", key, name]
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(program, {"__name__": "__main__"})
        said.append(printed.getvalue())
    except BaseException as failure:
        said.append(printed.getvalue() if isinstance(failure, SystemExit) and not failure.code else None)
print(json.dumps(said))
`;

describe.skipIf(requireServer("python3-cryptography") === null)("the Python of the documentation", () => {
  const python = requireServer("python3-cryptography") ?? "";
  const page = readFileSync(join(import.meta.dirname, "../../docs/audit/receipts.md"), "utf8");
  const program = /```python\n(.*?)```/s.exec(page)?.[1] ?? "";

  it("proves a receipt by nothing of this project, and finds one that was altered [AUD-7]", async () => {
    const whole: { readonly file: string; readonly reference: Reference }[] = [];
    const altered: string[] = [];
    // Proofs of several lengths.
    for (const kind of CLIENTS) {
      const { reference } = await told(kind);
      const file = await receiptOf(reference);
      whole.push({ file, reference });
      const text = readFileSync(file, "utf8");
      for (const other of [
        text.replace(/^index .*$/m, `index ${reference.seq + 1}`),
        text.replace(/^extra .*$/m, `extra ${Buffer.from("{}").toString("base64")}`),
        text.replace(/^(sark\.local\/audit)\n\d+$/m, "$1\n7"),
      ]) {
        expect(other).not.toBe(text);
        altered.push(`${file}.altered-${altered.length}`);
        writeFileSync(altered.at(-1)!, other);
      }
    }
    // As a reader runs it, who is told by the exit code.
    const run = promisify(execFile);
    const { stdout } = await run(python, ["-c", program, keyFile(), whole[0]!.file]);
    expect(stdout.split(" ")[0]).toBe(whole[0]!.reference.leaf_hash);
    await expect(run(python, ["-c", program, keyFile(), altered[0]!])).rejects.toMatchObject({ code: 1 });

    const files = [...whole.map(({ file }) => file), ...altered];
    const all = await run(python, ["-c", EACH, program, keyFile(), ...files]);
    const said = JSON.parse(all.stdout) as (string | null)[];
    whole.forEach(({ reference }, at) => {
      expect(said[at]?.split(" ")[0]).toBe(reference.leaf_hash);
      expect(said[at]).toContain(reference.id);
    });
    expect(said.slice(whole.length)).toEqual(altered.map(() => null));
  });
});
