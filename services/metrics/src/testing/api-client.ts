/** What sends requests to a service, wherever it runs. */
export interface ApiClient {
  /** A new tenant, with a key of each role by its name. */
  tenant(id: string): Promise<Readonly<Record<"admin" | "sender" | "viewer", string>>>;
  send(key: string | null, method: string, path: string, body?: unknown): Promise<SentResponse>;
}

export interface SentResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed, where it is JSON. */
  readonly body: unknown;
}

export function createApiClient(url: string, platformKey: string): ApiClient {
  const send: ApiClient["send"] = async (key, method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { "x-api-key": key }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get("content-type") ?? "");
    return {
      status: response.status,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : text,
    };
  };
  return {
    send,
    async tenant(id) {
      await send(platformKey, "POST", "/v1/platform/tenants", { id, name: id });
      const keys: Record<string, string> = {};
      for (const role of ["admin", "sender", "viewer"]) {
        const { body } = await send(platformKey, "POST", `/v1/platform/tenants/${id}/keys`, {
          name: role,
          principal: `${id}-${role}`,
          roles: [role],
        });
        keys[role] = (body as { key: string }).key;
      }
      return keys as Record<"admin" | "sender" | "viewer", string>;
    },
  };
}
