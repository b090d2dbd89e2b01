import { startTokenIssuer } from "@sark/testkit";
import { startGatewayUnderTest, type GatewayUnderTest, type UnderTestOptions } from "./gateway-under-test.ts";
import { connectClient, type ClientKind, type OfficialClient } from "./official-clients.ts";
import { initialization, send, type RawResponse } from "./requests.ts";

/** A session as `/admin/v1/sessions` shows it, as far as tests look at it. */
export interface ListedSession {
  readonly fingerprint: string;
  readonly kind: string;
  readonly server: string;
  readonly principal: string;
  readonly tenant: string | null;
  readonly protocol_version: string | null;
  readonly calls: number;
  readonly calls_running: number;
  readonly streams_open: number;
}

/** A gateway whose callers are people with tokens: everyone may call everything, and `root` administers it. */
export interface SessionsUnderTest {
  readonly gateway: GatewayUnderTest;
  /** Headers of this caller, e.g. `alice`, `alice@acme` (of a tenant), `root`. */
  as(caller: string): Promise<Record<string, string>>;
  connect(kind: ClientKind, server: string, caller: string): Promise<OfficialClient>;
  /** Another gateway on the same database, for the same callers. */
  replica(config?: Readonly<Record<string, unknown>>): Promise<SessionsUnderTest>;
  admin(path: string, options?: { readonly as?: string; readonly body?: object }): Promise<RawResponse>;
  /** The newest first. */
  list(query?: string, caller?: string): Promise<ListedSession[]>;
  close(): Promise<void>;
}

export async function startSessionsUnderTest(
  options: Pick<UnderTestOptions, "upstreams" | "config">,
): Promise<SessionsUnderTest> {
  const issuer = await startTokenIssuer({ audience: "sark" });
  const scene = await startWith(issuer, options);
  return {
    ...scene,
    async close() {
      await scene.close();
      await issuer.close();
    },
  };
}

async function startWith(
  issuer: Awaited<ReturnType<typeof startTokenIssuer>>,
  options: Pick<UnderTestOptions, "upstreams" | "config">,
): Promise<SessionsUnderTest> {
  const gateway = await startGatewayUnderTest({
    upstreams: options.upstreams,
    config: {
      authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] },
      ...options.config,
    },
    policies: { "everyone.cedar": "permit(principal, action, resource);" },
  });

  async function as(caller: string): Promise<Record<string, string>> {
    const [sub = "", tenant] = caller.split("@");
    const roles = sub === "root" ? ["admin"] : ["user"];
    const claims = { sub, roles, ...(tenant === undefined ? {} : { tenant }) };
    return { authorization: `Bearer ${await issuer.issue(claims)}` };
  }

  async function admin(
    path: string,
    { as: caller = "root", body }: { readonly as?: string; readonly body?: object } = {},
  ): Promise<RawResponse> {
    const headers = await as(caller);
    const method = body === undefined ? "GET" : "POST";
    return send(gateway.url, { method, path: `/admin/v1/${path}`, headers, body });
  }

  return {
    gateway,
    as,
    admin,
    connect: async (kind, server, caller) =>
      connectClient(kind, `${gateway.url}/mcp/${server}`, { headers: await as(caller) }),
    async list(query = "", caller = "root") {
      const { status, json, text } = await admin(`sessions${query}`, { as: caller });
      if (status !== 200) {
        throw new Error(text);
      }
      return (json as { sessions: ListedSession[] }).sessions;
    },
    replica: (config = {}) =>
      startWith(issuer, {
        upstreams: options.upstreams,
        config: { ...options.config, database: { url: gateway.databaseUrl }, ...config },
      }),
    close: () => gateway.close(),
  };
}

/** Begins a session, as a client that is not heard of again. */
export async function initialize(
  scene: SessionsUnderTest,
  server: string,
  caller: string,
): Promise<RawResponse> {
  return send(scene.gateway.url, initialization(server, await scene.as(caller)));
}
