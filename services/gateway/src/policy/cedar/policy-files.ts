import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { filePrint } from "@sark/observability/files";
import { PolicyLoadError } from "./load-error.ts";

export const SCHEMA_FILE = "schema.cedarschema";
export const ENTITIES_FILE = "entities.json";

const MAX_FILES = 1_000;
const MAX_FILE_BYTES = 1024 * 1024;

/** What a policy folder holds, read but not yet understood. */
export interface PolicyFiles {
  /** `*.cedar`, by name. */
  readonly policies: ReadonlyMap<string, string>;
  readonly schema: string | null;
  readonly entities: string | null;
  /** SHA-256 (hex) of names and contents: the revision of the set. */
  readonly digest: string;
}

/** Tells by a look whether a file of the folder has changed, without reading any. */
export function printPolicyFiles(directory: string): string {
  try {
    const names = readdirSync(directory).filter(isPolicyFile).toSorted();
    return names.map((name) => `${name} ${filePrint(join(directory, name))}`).join("\n");
  } catch (error) {
    return String(error);
  }
}

/** Reads the folder; files in subfolders, hidden files and others than those named here do not count. */
export async function readPolicyFiles(directory: string): Promise<PolicyFiles> {
  const texts = new Map<string, string>();
  for (const name of await listFiles(directory)) {
    texts.set(name, await readText(directory, name));
  }
  return toPolicyFiles(texts);
}

/** The same of texts that lie in no folder: equal ones are one revision, wherever they come from. */
export function toPolicyFiles(given: ReadonlyMap<string, string>): PolicyFiles {
  const texts = new Map([...given].toSorted(([one], [other]) => (one < other ? -1 : 1)));
  const hash = createHash("sha256");
  for (const [name, text] of texts) {
    hash.update(`${name}\0${Buffer.byteLength(text)}\0`).update(text);
  }
  return {
    policies: new Map([...texts].filter(([name]) => name.endsWith(".cedar"))),
    schema: texts.get(SCHEMA_FILE) ?? null,
    entities: texts.get(ENTITIES_FILE) ?? null,
    digest: hash.digest("hex"),
  };
}

function isPolicyFile(name: string): boolean {
  return !name.startsWith(".") && (name.endsWith(".cedar") || name === SCHEMA_FILE || name === ENTITIES_FILE);
}

async function listFiles(directory: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (cause) {
    const problem = `cannot read the policy folder ${directory}: ${(cause as Error).message}`;
    throw new PolicyLoadError({ file: null }, problem, { cause });
  }
  const wanted = names.filter(isPolicyFile).toSorted();
  if (wanted.length > MAX_FILES) {
    throw new PolicyLoadError({ file: null }, `more than ${MAX_FILES} policy files in ${directory}`);
  }
  return wanted;
}

async function readText(directory: string, file: string): Promise<string> {
  const path = join(directory, file);
  try {
    const found = await stat(path);
    // Reading a pipe that no program writes would never end, and no later edit would be seen.
    if (!found.isFile()) {
      throw new PolicyLoadError({ file }, "is not a regular file");
    }
    if (found.size > MAX_FILE_BYTES) {
      throw new PolicyLoadError({ file }, `larger than ${MAX_FILE_BYTES} bytes; split it`);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (cause) {
    if (cause instanceof PolicyLoadError) {
      throw cause;
    }
    throw new PolicyLoadError({ file }, `cannot be read: ${(cause as Error).message}`, { cause });
  }
}
