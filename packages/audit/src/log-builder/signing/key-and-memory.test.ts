import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createNoteSigner } from "../../transparency-log/notes/note-signer.ts";
import { fileMemory } from "./checkpoint-memory.ts";
import { loadOrCreateSigner } from "./signer-file.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sark-key-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

it("makes the signing key once, for its owner alone, however many processes ask at once [AUD-7]", async () => {
  const file = join(folder, "deep/down/key.pem");
  const signers = await Promise.all(
    Array.from({ length: 8 }, () => loadOrCreateSigner(file, "sark.example/audit")),
  );
  expect(new Set(signers.map(({ key }) => key.vkey)).size).toBe(1);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(join(folder, "deep/down"))).toEqual(["key.pem"]);
  expect((await loadOrCreateSigner(file, "sark.example/audit")).key.vkey).toBe(signers[0]?.key.vkey);
});

it("has the key on the disk, with its name, before anything is signed with it [AUD-7]", () => {
  const program = `
    import { mkdirSync } from "node:fs";
    import { watchFolder } from ${JSON.stringify(new URL("../../store/testing/mortal-folder.ts", import.meta.url).href)};
    const [folder, copies] = process.argv.slice(1);
    mkdirSync(copies);
    const moments = [];
    watchFolder(folder, copies, (moment) => moments.push(moment));
    const { loadOrCreateSigner } = await import(${JSON.stringify(new URL("signer-file.ts", import.meta.url).href)});
    const { key } = await loadOrCreateSigner(folder + "/key.pem", "sark.example/audit");
    console.log(JSON.stringify({ key: key.vkey, left: moments.findLast(({ left }) => left === "without power").folder }));`;
  const watched = [join(folder, "data"), join(folder, "copies")];
  const said = execFileSync(process.execPath, ["--input-type=module", "-e", program, ...watched], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { key, left } = JSON.parse(said) as { key: string; left: string };
  const signer = createNoteSigner(
    "sark.example/audit",
    createPrivateKey(readFileSync(join(left, "key.pem"), "utf8")),
  );
  expect(signer.key.vkey).toBe(key);
});

it("uses no key that others can read, that is of another kind, or that is none [AUD-7]", async () => {
  const file = join(folder, "key.pem");
  const refusal = { code: "signer_unusable" };
  await loadOrCreateSigner(file, "a");
  chmodSync(file, 0o640);
  await expect(loadOrCreateSigner(file, "a")).rejects.toMatchObject({
    ...refusal,
    message: expect.stringContaining(`chmod 600 ${file}`) as string,
  });
  chmodSync(file, 0o600);
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  for (const content of ["nonsense", privateKey.export({ type: "pkcs8", format: "pem" })]) {
    writeFileSync(file, content);
    await expect(loadOrCreateSigner(file, "a")).rejects.toMatchObject(refusal);
  }
  await expect(loadOrCreateSigner(folder, "a")).rejects.toMatchObject(refusal);
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", ["-m", "600", pipe]);
  await expect(loadOrCreateSigner(pipe, "a")).rejects.toMatchObject(refusal);
});

it("remembers the newest checkpoint and replaces it as a whole [AUD-7]", async () => {
  const memory = fileMemory(join(folder, "memory"));
  expect(await memory.load()).toBeNull();
  for (const size of [1, 20]) {
    const checkpoint = { origin: "sark.example/audit", size, root: Buffer.alloc(32, size) };
    await memory.save(checkpoint);
    expect(await memory.load()).toEqual(checkpoint);
  }
  expect(readdirSync(folder)).toEqual(["memory"]);
  writeFileSync(join(folder, "memory"), "sark.example/audit\n20\n");
  await expect(memory.load()).rejects.toMatchObject({ code: "memory_unusable" });
  await expect(fileMemory(folder).load()).rejects.toMatchObject({ code: "memory_unusable" });
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  await expect(fileMemory(pipe).load()).rejects.toMatchObject({ code: "memory_unusable" });
  await expect(
    fileMemory(join(folder, "no/where")).save({ origin: "a", size: 1, root: Buffer.alloc(32) }),
  ).rejects.toThrow("ENOENT");
});
