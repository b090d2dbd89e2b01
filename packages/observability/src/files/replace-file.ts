import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file as a whole, mode 0600. What it resolved to survives a crash; before, the old content does. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.new`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  // The new name is durable only with its folder.
  const folder = await open(dirname(path), "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
