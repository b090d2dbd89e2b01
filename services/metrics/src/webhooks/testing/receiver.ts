import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

/** A message as it came, before it was looked at. */
export interface ReceivedMessage {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A receiver of webhooks that verifies by the library of Standard Webhooks, which shares no code with the service. */
export interface WebhookReceiver {
  readonly url: string;
  readonly received: ReceivedMessage[];
  /** Status that it responds with from now on, and further headers. */
  respondWith(status: number, headers?: Readonly<Record<string, string>>): void;
  /** Takes requests from now on, and never responds. */
  hang(): void;
  close(): Promise<void>;
}

export async function startWebhookReceiver(): Promise<WebhookReceiver> {
  const received: ReceivedMessage[] = [];
  let response: { readonly status: number; readonly headers: Readonly<Record<string, string>> } | null = {
    status: 204,
    headers: {},
  };
  const server: Server = createServer((request, reply) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      received.push({ headers: request.headers, body });
      if (response !== null) {
        reply.writeHead(response.status, response.headers).end();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    respondWith: (status, headers = {}) => void (response = { status, headers }),
    hang: () => void (response = null),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

/** What the message says. Throws where it was not signed with the secret. */
export function verifyMessage(secret: string, { headers, body }: ReceivedMessage): unknown {
  return new Webhook(secret).verify(body, headers as Record<string, string>);
}
