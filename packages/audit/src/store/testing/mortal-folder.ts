import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import promises, { type FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { basename, dirname, join } from "node:path";

/** What is there after the system call `call`: as a process finds it that starts after a kill, or after a power cut. */
export interface Moment {
  readonly call: string;
  readonly left: "killed" | "without power";
  readonly folder: string;
}

/**
 * From here on each system call of this process that changes files of `folder`, which is not there yet, or makes them durable,
 * leaves two copies of it, and half a write one more. What a kill leaves is what was called; what a power cut leaves is what
 * POSIX promises: of a file what it held when it was last synchronised, under a name that its folder was synchronised with.
 */
export function watchFolder(folder: string, copies: string, keep: (moment: Moment) => void): void {
  const durable = join(copies, "durable");
  /** Content of files at their last synchronisation, by path. */
  const synced = new Map<string, Buffer>();
  /** Whether the folder's own name is durable. */
  let isNamed = false;
  const handles = new WeakMap<FileHandle, string>();
  let count = 0;

  function look(call: string): void {
    count += 1;
    for (const [left, source] of [
      ["killed", folder],
      ["without power", isNamed ? durable : null],
    ] as const) {
      const copy = join(copies, `${count}-${left.replace(" ", "-")}`);
      mkdirSync(copy);
      if (source !== null && existsSync(source)) {
        // Its own process locks it again.
        cpSync(source, copy, { recursive: true, filter: (path) => !path.endsWith("folder.lock") });
      }
      keep({ call: `${count}: ${call}`, left, folder: copy });
    }
  }

  function synchronise(path: string): void {
    if (!statSync(path).isDirectory()) {
      synced.set(path, readFileSync(path));
      const named = join(durable, basename(path));
      if (existsSync(named)) {
        cpSync(path, named);
      }
    } else if (path === folder) {
      const files = readdirSync(folder);
      rmSync(durable, { recursive: true, force: true });
      mkdirSync(durable);
      for (const name of files) {
        writeFileSync(join(durable, name), synced.get(join(folder, name)) ?? "");
      }
    } else if (path === dirname(folder)) {
      isNamed = existsSync(folder);
      mkdirSync(durable, { recursive: true });
    }
  }

  const { open, rm, link } = promises;
  const isMine = (path: string): boolean => dirname(path) === folder;

  Object.assign(promises, {
    async open(path: string, ...options: []) {
      const handle = await open(path, ...options);
      handles.set(handle, path);
      patch(Object.getPrototypeOf(handle) as FileHandle);
      if (isMine(path)) {
        look(`open ${basename(path)}`);
      }
      return handle;
    },
    async link(from: string, to: string) {
      await link(from, to);
      const content = synced.get(from);
      if (content !== undefined) {
        synced.set(to, content);
      }
      look(`link ${basename(to)}`);
    },
    async rm(path: string, ...options: []) {
      await rm(path, ...options);
      look(`remove ${basename(path)}`);
    },
  });
  syncBuiltinESMExports();

  let isPatched = false;
  function patch(handle: FileHandle): void {
    if (isPatched) {
      return;
    }
    isPatched = true;
    const { appendFile, writeFile, datasync, sync, truncate } = handle;
    const write = handle.write as (
      this: FileHandle,
      bytes: Buffer,
      offset: number,
      length: number,
      position: number,
    ) => Promise<unknown>;
    const nameOf = (of: FileHandle): string => basename(handles.get(of) ?? "");
    const whole = (name: string, method: (this: FileHandle, data: string | Uint8Array) => Promise<void>) =>
      async function (this: FileHandle, data: string | Uint8Array): Promise<void> {
        const bytes = Buffer.from(data as string);
        const { size } = await this.stat();
        // At its place, so that the whole begins there, too.
        await write.call(this, bytes, 0, Math.floor(bytes.length / 2), size);
        look(`half of ${name} ${nameOf(this)}`);
        await truncate.call(this, size);
        await method.call(this, bytes);
        look(`${name} ${nameOf(this)}`);
      };
    const synchronising = (method: (this: FileHandle) => Promise<void>) =>
      async function (this: FileHandle): Promise<void> {
        await method.call(this);
        synchronise(handles.get(this) ?? "");
        look(`synchronise ${nameOf(this)}`);
      };
    Object.assign(handle, {
      async write(this: FileHandle, bytes: Buffer, offset: number, length: number, position: number) {
        await write.call(this, bytes, offset, Math.floor(length / 2), position);
        look(`half of write ${nameOf(this)}`);
        const written = await write.call(this, bytes, offset, length, position);
        look(`write ${nameOf(this)}`);
        return written;
      },
      appendFile: whole("append", appendFile as never),
      writeFile: whole("write", writeFile as never),
      datasync: synchronising(datasync),
      sync: synchronising(sync),
    });
  }
}
