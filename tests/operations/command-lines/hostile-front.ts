import { createServer, request, type Server } from "node:http";
import { text } from "node:stream/consumers";

/** Clears the screen, renames the window, colours, turns the direction of writing, goes back to the beginning of the line. */
export const HOSTILE = "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202e\rok\u2028";

/** Members that callers, servers and operators name; all other texts are of a closed list, or have a form. */
const NAMED =
  /^(?:message|description|reason|principal|tenant(?:_id)?|user(?:_id)?|agent(?:_id)?|actor|tool(?:_name)?|server(?:_name)?|name|title|replica|version|policy|policies|detail|label|node)$/;

/** Passes on to a gateway, and puts what steers terminals into every name and message of its responses. */
export function startHostileFront(url: string): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((incoming, outgoing) => {
      const { method, headers, url: path = "/" } = incoming;
      const passed = request(new URL(path, url), { method, headers }, (response) => {
        void text(response).then((body) => {
          outgoing.writeHead(response.statusCode ?? 502, { "content-type": "application/json" });
          outgoing.end(hostile(body));
        });
      });
      passed.on("error", () => outgoing.destroy());
      incoming.pipe(passed);
    }).listen(0, "127.0.0.1", () => resolve(server));
  });
}

function hostile(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), (name, value: unknown) =>
      typeof value === "string" && NAMED.test(name) ? `${value}${HOSTILE}` : value,
    );
  } catch {
    return body;
  }
}
