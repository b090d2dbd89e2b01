import { randomUUID } from "node:crypto";

/** Makes the tenant, and resolves to a key of it with these roles. */
export async function issueTenantKey(
  url: string,
  platformKey: string,
  tenant: string,
  roles: readonly string[],
): Promise<string> {
  const post = async (path: string, body: object) => {
    const response = await fetch(`${url}${path}`, {
      method: "POST",
      headers: { "x-api-key": platformKey, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (response.status !== 201) {
      throw new Error(`${path}: ${response.status} ${await response.text()}`);
    }
    return (await response.json()) as { readonly key: string };
  };
  await post("/v1/platform/tenants", { id: tenant, name: tenant });
  const { key } = await post(`/v1/platform/tenants/${tenant}/keys`, {
    name: tenant,
    principal: tenant,
    roles,
  });
  return key;
}

/** Events that were never sent before, as a batch of lines. */
export function activityLines(count: number): string {
  const occurredAt = new Date().toISOString();
  return Array.from({ length: count }, (_, at) =>
    JSON.stringify({
      kind: "activity",
      id: randomUUID(),
      user_id: `user-${at % 200}`,
      type: "document.edited",
      occurred_at: occurredAt,
      attributes: { document: `d-${at % 50}` },
    }),
  ).join("\n");
}

/** Throws unless all of it is taken as new. */
export async function sendLines(url: string, key: string, body: string, count: number): Promise<void> {
  const response = await post(url, key, body);
  const { accepted } = (await response.json()) as { readonly accepted?: number };
  if (accepted !== count) {
    throw new Error(`a batch was taken with ${response.status}, of ${count} events ${accepted ?? 0}`);
  }
}

/** Resolves to the status. */
export async function sendLinesAnyway(url: string, key: string, body: string): Promise<number> {
  const response = await post(url, key, body);
  await response.arrayBuffer();
  return response.status;
}

function post(url: string, key: string, body: string): Promise<Response> {
  return fetch(`${url}/v1/batches`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/x-ndjson" },
    body,
  });
}
