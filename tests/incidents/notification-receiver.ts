import { once } from "node:events";
import { createServer } from "node:http";

export interface Notification {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly at: number;
}

/** Takes what Alertmanager sends, as Slack and systems of one's own would. */
export interface NotificationReceiver {
  readonly url: string;
  readonly notifications: readonly Notification[];
  /** Whether what comes to this path gets 404 and is not kept. */
  refuse(path: string, refused: boolean): void;
  close(): void;
}

export async function startNotificationReceiver(): Promise<NotificationReceiver> {
  const notifications: Notification[] = [];
  const refused = new Set<string>();
  const server = createServer((request, response) => {
    let text = "";
    request.setEncoding("utf8").on("data", (part: string) => (text += part));
    request.once("end", () => {
      if (refused.has(request.url ?? "")) {
        response.writeHead(404).end();
        return;
      }
      notifications.push({
        path: request.url ?? "",
        body: JSON.parse(text) as Record<string, unknown>,
        at: performance.now(),
      });
      response.end("ok");
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address() as { readonly port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    notifications,
    refuse: (path, isRefused) => void (isRefused ? refused.add(path) : refused.delete(path)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
