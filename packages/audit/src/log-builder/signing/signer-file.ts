import { createPrivateKey, generateKeyPairSync, randomUUID, type KeyObject } from "node:crypto";
import { constants } from "node:fs";
import { link, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { fileExposure, foldersAround, syncFolder } from "@sark/observability/files";
import { createNoteSigner, type NoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { LogBuilderError } from "../errors.ts";

/**
 * The log's signing key: an Ed25519 key (PKCS #8, PEM) in `file`, made on first use with mode 0600.
 * Throws `signer_unusable` when others may read the file, or when it holds something else.
 *
 * @param name the key's name, which should be the log's origin (C2SP tlog-checkpoint)
 */
export async function loadOrCreateSigner(file: string, name: string): Promise<NoteSigner> {
  const key = (await load(file)) ?? (await create(file));
  return createNoteSigner(name, key);
}

async function load(file: string): Promise<KeyObject | null> {
  let handle;
  try {
    // Without waiting: a pipe that no program writes would hold the start for ever.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      return null;
    }
    throw new LogBuilderError("signer_unusable", `Cannot read the signing key ${file}.`, { cause });
  }
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) {
      throw new LogBuilderError("signer_unusable", `The signing key ${file} is no regular file.`);
    }
    const exposure = fileExposure(file, stats);
    if (exposure !== null) {
      throw new LogBuilderError("signer_unusable", `The signing key is no secret: ${exposure}`);
    }
    const pem = await handle.readFile("utf8").catch((cause: unknown) => {
      throw new LogBuilderError("signer_unusable", `Cannot read the signing key ${file}.`, { cause });
    });
    return parse(pem, file);
  } finally {
    await handle.close();
  }
}

function parse(pem: string, file: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") {
      return key;
    }
  } catch {
    // The message of OpenSSL helps no operator, and might quote the file.
  }
  throw new LogBuilderError(
    "signer_unusable",
    `${file} holds no Ed25519 private key in PEM (openssl genpkey -algorithm ed25519).`,
  );
}

/** Written aside and linked into place: of several processes that start at once, all get the one key that came first. */
async function create(file: string): Promise<KeyObject> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const temporary = `${file}.${randomUUID()}`;
  const folder = dirname(file);
  const made = await mkdir(folder, { recursive: true, mode: 0o700 });
  const handle = await open(temporary, "wx", 0o600);
  try {
    await handle.writeFile(privateKey.export({ type: "pkcs8", format: "pem" }));
    await handle.sync();
  } finally {
    await handle.close();
  }
  try {
    await link(temporary, file);
    // A key that is lost with the power would leave a log that no one can sign on.
    for (const one of [folder, ...foldersAround(folder, made)]) {
      await syncFolder(one);
    }
    return privateKey;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") {
      throw new LogBuilderError("signer_unusable", `Cannot write the signing key ${file}.`, { cause });
    }
    const first = await load(file);
    if (first === null) {
      throw new LogBuilderError("signer_unusable", `The signing key ${file} went away.`, { cause });
    }
    return first;
  } finally {
    await unlink(temporary);
  }
}
