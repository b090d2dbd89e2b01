import { createServer, type IncomingMessage } from "node:http";
import { closeServer, listenOnLoopback } from "../loopback.ts";

/** Where a real Grafana cannot run: its HTTP API for folders and dashboards, strict to the published one. */
export interface FakeGrafana {
  readonly url: string;
  /** Requests so far, as `METHOD path`. */
  readonly asked: readonly string[];
  /** What it keeps, by uid: with the id and the version that it gave. */
  readonly dashboards: ReadonlyMap<string, KeptDashboard>;
  readonly folders: ReadonlyMap<string, string>;
  /** Puts one there that others made, or that a file provisions. */
  keep(dashboard: Record<string, unknown>, place?: { folderUid?: string; provisioned?: boolean }): void;
  close(): Promise<void>;
}

export interface KeptDashboard {
  readonly dashboard: Readonly<Record<string, unknown>>;
  readonly folderUid: string;
  readonly provisioned: boolean;
  readonly message: string;
}

interface Reply {
  readonly status: number;
  readonly body: object;
}

const MAX_UID = 40;
const IS_UID = /^[\w-]+$/;

/** Takes this token of a service account, and no other credential. */
export async function startFakeGrafana(token: string): Promise<FakeGrafana> {
  const folders = new Map<string, string>();
  const kept = new Map<string, KeptDashboard>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    void replyTo(request).then(({ status, body }) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    );
  });
  const port = await listenOnLoopback(server);

  async function replyTo(request: IncomingMessage): Promise<Reply> {
    const { method = "", url: path = "", headers } = request;
    asked.push(`${method} ${path}`);
    const text = await bodyOf(request);
    if (headers.authorization !== `Bearer ${token}`) {
      return refusal(401, "Invalid API key");
    }
    if (method === "POST" && headers["content-type"] !== "application/json") {
      return refusal(400, "bad request data");
    }
    const [, kind = "", uid = ""] = /^\/api\/(folders|dashboards\/uid)\/([^/?]+)$/.exec(path) ?? [];
    switch (`${method} ${kind === "" ? path : kind}`) {
      case "GET folders":
        return folders.has(uid) ? folderOf(uid) : refusal(404, "folder not found", "not-found");
      case "GET dashboards/uid":
        return shown(decodeURIComponent(uid));
      case "POST /api/folders":
        return makeFolder(read(text));
      case "POST /api/dashboards/db":
        return save(read(text));
      default:
        return refusal(404, "Not found");
    }
  }

  function folderOf(uid: string): Reply {
    return { status: 200, body: { id: 1, uid, title: folders.get(uid), url: `/dashboards/f/${uid}/` } };
  }

  function makeFolder({ uid, title }: Record<string, unknown>): Reply {
    if (typeof title !== "string" || title === "") {
      return refusal(400, "folder title cannot be empty");
    }
    if (typeof uid !== "string" || !isUid(uid)) {
      return refusal(400, "uid contains illegal characters");
    }
    if (folders.has(uid)) {
      return refusal(409, "a folder with the same uid already exists");
    }
    folders.set(uid, title);
    return folderOf(uid);
  }

  function shown(uid: string): Reply {
    const found = kept.get(uid);
    if (found === undefined) {
      return refusal(404, "Dashboard not found");
    }
    const { dashboard, folderUid, provisioned } = found;
    return {
      status: 200,
      body: { dashboard, meta: { isFolder: false, folderUid, provisioned, type: "db" } },
    };
  }

  function save({
    dashboard,
    folderUid = "",
    overwrite = false,
    message = "",
  }: Record<string, unknown>): Reply {
    const given = Object(dashboard) as Record<string, unknown>;
    const { uid, id = null, title, version } = given;
    if (typeof title !== "string" || title === "") {
      return refusal(400, "Dashboard title cannot be empty", "empty-name");
    }
    if (typeof uid !== "string" || !isUid(uid)) {
      return refusal(400, "uid contains illegal characters");
    }
    if (typeof folderUid !== "string" || (folderUid !== "" && !folders.has(folderUid))) {
      return refusal(400, "folder not found", "not-found");
    }
    const before = kept.get(uid);
    if (id !== null && id !== before?.dashboard["id"]) {
      return refusal(404, "Dashboard not found", "not-found");
    }
    if (before?.provisioned === true) {
      return refusal(400, "Cannot save provisioned dashboard");
    }
    if (before !== undefined && overwrite !== true && version !== before.dashboard["version"]) {
      return refusal(412, "The dashboard has been changed by someone else", "version-mismatch");
    }
    const next = Number(before?.dashboard["version"] ?? 0) + 1;
    const stored = { ...given, id: before?.dashboard["id"] ?? kept.size + 1, version: next };
    kept.set(uid, { dashboard: stored, folderUid, provisioned: false, message: String(message) });
    const url = `/d/${uid}/x`;
    return {
      status: 200,
      body: { id: stored.id, uid, url, status: "success", version: next, slug: "x", folderUid },
    };
  }

  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    dashboards: kept,
    folders,
    keep(dashboard, { folderUid = "", provisioned = false } = {}) {
      const stored = { ...dashboard, id: kept.size + 1, version: 1 };
      kept.set(String(dashboard["uid"]), { dashboard: stored, folderUid, provisioned, message: "" });
    },
    close: () => closeServer(server),
  };
}

function refusal(status: number, message: string, kind?: string): Reply {
  return { status, body: { message, ...(kind !== undefined && { status: kind }) } };
}

function isUid(uid: string): boolean {
  return uid.length <= MAX_UID && IS_UID.test(uid);
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8") as AsyncIterable<string>) {
    text += chunk;
  }
  return text;
}

function read(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}
