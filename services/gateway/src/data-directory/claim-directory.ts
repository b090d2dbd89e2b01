import { createHash } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Longest path that every system takes for a socket, in bytes. */
const MAX_SOCKET_PATH = 100;

/**
 * Makes this process the only one on a folder, until the returned function is called or the process
 * ends, however that happens. Two gateways on one embedded database would end it under each other. A socket
 * rather than a file with a pid: nobody answers at a dead one, and pids repeat, in containers above all.
 */
export async function claimDirectory(directory: string, setting: string): Promise<() => Promise<void>> {
  const path = socketPath(directory);
  if (await isAnswered(path)) {
    throw new Error(`Another gateway uses ${directory}; end it, or set ${setting} to another folder.`);
  }
  if (process.platform !== "win32") {
    rmSync(path, { force: true });
  }
  const server = createServer((socket) => socket.destroy()).listen(path);
  await once(server, "listening");
  server.unref();
  return () => close(server);
}

function socketPath(directory: string): string {
  const digest = createHash("sha256").update(directory).digest("hex").slice(0, 16);
  if (process.platform === "win32") {
    return `\\\\.\\pipe\\sark-${digest}`;
  }
  const inside = join(directory, "gateway.sock");
  return Buffer.byteLength(inside) <= MAX_SOCKET_PATH ? inside : join(tmpdir(), `sark-${digest}.sock`);
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, "close");
}
