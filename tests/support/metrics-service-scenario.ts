import { createPool } from "@sark/audit/postgres";
import type { Endpoint, Service } from "@sark/http-api";
import { bindExample } from "@sark/http-api/documents";
import { TABLE, connectLive, startService } from "@sark/metrics-service/testing";
import { queryDatabase, startTokenIssuer } from "@sark/testkit";
import { expect, inject, vi } from "vitest";

type AnyEndpoint = Endpoint<Service, never>;
export interface ExampleResponse {
  readonly status: number;
  readonly text: string;
}

/** A metrics service with something of everything that the examples of its API ask for, on the way from one to the next. */
export interface MetricsScenario {
  /** Endpoints by their ids, in an order in which each finds what it needs. */
  readonly endpoints: readonly (readonly [id: string, endpoint: AnyEndpoint])[];
  /** Sends the example of an endpoint, as a caller of a role that may. */
  sendExample(id: string, endpoint: AnyEndpoint): Promise<ExampleResponse>;
  close(): Promise<void>;
}

const TABLE_ENTRIES = Object.values(TABLE).flatMap((group) => Object.entries(group.endpoints)) as [
  string,
  AnyEndpoint,
][];
/** The tenant comes first: its callers are of it. */
export const EXAMPLES = TABLE_ENTRIES.toSorted(
  ([one], [other]) => Number(other === "createTenant") - Number(one === "createTenant"),
);

export async function startMetricsScenario(): Promise<MetricsScenario> {
  const issuer = await startTokenIssuer({ audience: "sark" });
  const service = await startService(
    inject("postgresUrl"),
    // What is on its way stays there: examples show it so.
    { METRICS_WEBHOOKS_INTERVAL: "1m" },
    undefined,
    { authentication: { jwt: [{ issuer: issuer.issuer, audiences: ["sark"], jwksUrl: issuer.jwksUrl }] } },
  );
  const pool = createPool({ connectionString: service.databaseUrl, name: "scenario", maxConnections: 1 });
  /** What the responses so far have named. */
  const values: Record<string, unknown> = {};

  async function tokenOfTenant(): Promise<string> {
    const roles = ["admin", "sender", "viewer"];
    return issuer.issue({ sub: "acme-admin", tenant: "acme", roles });
  }

  async function headersFor({ roles }: AnyEndpoint): Promise<Record<string, string>> {
    if (roles === "public") {
      return {};
    }
    return typeof roles === "string" || roles.some((role) => role === "platform")
      ? { "x-api-key": service.platformKey }
      : { authorization: `Bearer ${await tokenOfTenant()}` };
  }

  async function request(endpoint: AnyEndpoint): Promise<ExampleResponse> {
    const { request: sent = {} } = bindExample(endpoint.example, values);
    const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
      encodeURIComponent(String(sent.path?.[name])),
    );
    const query = new URLSearchParams(
      Object.entries(sent.query ?? {}).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const response = await fetch(`${service.url}${path}${query.size === 0 ? "" : `?${query.toString()}`}`, {
      method: endpoint.method,
      headers: {
        ...(await headersFor(endpoint)),
        ...(sent.body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(sent.body === undefined ? {} : { body: JSON.stringify(sent.body) }),
    });
    return { status: response.status, text: await response.text() };
  }

  async function deadLetter(): Promise<void> {
    const [row] = await queryDatabase<{ id: string }>(
      service.databaseUrl,
      `INSERT INTO pgboss.job (name, data, source_name) VALUES ('dead_letters', '{"tenant":"acme"}', 'roll_up') RETURNING id`,
    );
    values["dead_letter_id"] = row?.id;
  }

  /** A check that took too long on a busy machine shows until the next one. */
  function isWell(): Promise<unknown> {
    return vi.waitFor(async () => {
      const response = await fetch(`${service.url}/health/ready`);
      expect(await response.json()).toEqual({ status: "ok" });
    });
  }

  const before: Readonly<Record<string, () => Promise<unknown>>> = {
    // The erasure does not get to its end: its state is an example.
    erasePerson: () => pool.query("BEGIN; LOCK TABLE metrics.users IN SHARE MODE"),
    testWebhook: () => keep("createWebhook"),
    retryDeadLetter: deadLetter,
    discardDeadLetter: deadLetter,
    healthReady: isWell,
    readyz: isWell,
    healthDetailed: isWell,
  };

  async function keep(id: string): Promise<ExampleResponse> {
    const endpoint = EXAMPLES.find(([other]) => other === id)?.[1];
    if (endpoint === undefined) {
      throw new Error(`there is no endpoint ${id}`);
    }
    const response = await request(endpoint);
    const read = NAMES[id];
    if (read !== undefined) {
      Object.assign(values, read(JSON.parse(response.text)));
    }
    return response;
  }

  return {
    endpoints: EXAMPLES,
    async sendExample(id, endpoint) {
      await before[id]?.();
      if (endpoint.output[101] !== undefined) {
        const client = await connectLive(service.url, { headers: await headersFor(endpoint) });
        await client.close();
        return { status: 101, text: "" };
      }
      const response = await keep(id);
      if (id === "getErasure") {
        await pool.query("COMMIT");
      }
      return response;
    },
    async close() {
      await pool.end();
      await service.close();
      await issuer.close();
    },
  };
}

interface Named {
  readonly id: string;
  readonly api_key: { readonly id: string };
  readonly webhook: { readonly id: string };
}
/** What a response names that later examples ask for. */
const NAMES: Readonly<Record<string, (body: Named) => Record<string, string>>> = {
  erasePerson: ({ id }) => ({ erasure_id: id }),
  createWebhook: ({ webhook }) => ({ webhook_id: webhook.id }),
  testWebhook: ({ id }) => ({ delivery_id: id }),
  issueKey: ({ api_key: { id } }) => ({ key_id: id }),
};
