import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPublicKey } from "node:crypto";
import { createSigningKey, noteExposition, signToken } from "@sark/testkit";
import { spawnGateway, untilReady } from "./gateway-process.ts";
import { send, type RawRequest } from "./requests.ts";
import { createAuditDatabase } from "@sark/audit/testing";

/** A gateway as a process of its own that takes the tokens of an issuer here: any number of callers, and its figures. */
export interface GatewayWithTokens {
  readonly url: string;
  /** Headers with a token of this user. */
  as(user: string): Promise<{ readonly authorization: string }>;
  /** A gauge or counter without labels. */
  metric(name: string): Promise<number>;
  /** Processor time of its main thread, in milliseconds. */
  cpuMs(): number;
  /** Opens a connection, sends this on it, and takes nothing of what comes back. */
  sendOnly(request: RawRequest, options?: { readonly contentLength?: number }): Promise<Socket>;
  close(): Promise<void>;
}

export async function startGatewayWithTokens(
  config: Readonly<Record<string, unknown>>,
): Promise<GatewayWithTokens> {
  const folder = mkdtempSync(join(tmpdir(), "sark-tokens-"));
  const database = await createAuditDatabase();
  const key = await createSigningKey("ES256");
  const pem = createPublicKey({ key: key.publicJwk, format: "jwk" }).export({ type: "spki", format: "pem" });
  const publicKeyFile = join(folder, "issuer.pem");
  writeFileSync(publicKeyFile, pem);
  writeFileSync(join(folder, "all.cedar"), "permit(principal, action, resource);");
  const file = join(folder, "sark.json");
  writeFileSync(
    file,
    JSON.stringify({
      dataDirectory: join(folder, "data"),
      database: { url: database.url },
      policy: { directory: folder },
      authentication: {
        jwt: [{ issuer: "test", audiences: ["sark"], publicKeyFile, algorithms: ["ES256"] }],
      },
      logging: { level: "fatal" },
      ...config,
    }),
  );
  const gateway = spawnGateway({ environment: {}, args: ["--config", file] });
  await untilReady(gateway);
  const url = gateway.url();
  const { hostname, port } = new URL(url);

  async function as(user: string, roles: readonly string[] = []) {
    const exp = Math.floor(Date.now() / 1_000) + 3_600;
    const token = await signToken({ iss: "test", aud: "sark", sub: user, roles: [...roles], exp }, key);
    return { authorization: `Bearer ${token}` };
  }
  const scraper = await as("scraper", ["metrics"]);

  return {
    url,
    as: (user) => as(user),
    async metric(name) {
      const { text } = await send(url, { method: "GET", path: "/metrics", headers: scraper });
      noteExposition("gateway", text);
      return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
    },
    cpuMs: () =>
      Number(readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6,
    async sendOnly({ path, headers = {}, body }, { contentLength } = {}) {
      const socket = connect({ host: hostname, port: Number(port) });
      socket.on("error", () => undefined).pause();
      await once(socket, "connect");
      const bytes = body instanceof Buffer ? body : Buffer.from(JSON.stringify(body));
      const all = {
        host: `${hostname}:${port}`,
        accept: "application/json, text/event-stream",
        "content-type": "application/json",
        "content-length": String(contentLength ?? bytes.length),
        ...headers,
      };
      const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.join("")}\r\n`);
      socket.write(bytes);
      return socket;
    },
    async close() {
      gateway.kill("SIGKILL");
      await gateway.exited;
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
