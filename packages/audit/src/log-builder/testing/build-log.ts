// A builder process: build-log URL FOLDER; notes in FOLDER/signed whatever it puts its name to, before it does.
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import pg from "pg";
import { fileMemory } from "../signing/checkpoint-memory.ts";
import { createLogBuilder } from "../signing/log-builder.ts";
import { loadOrCreateSigner } from "../signing/signer-file.ts";

const [url = "", folder = ""] = process.argv.slice(2);
const signer = await loadOrCreateSigner(join(folder, "key.pem"), "sark.example/audit");
createLogBuilder({
  pool: new pg.Pool({ connectionString: url }),
  signer: {
    key: signer.key,
    sign(text) {
      appendFileSync(join(folder, "signed"), text.split("\n").slice(1, 3).join(" ").concat("\n"));
      return signer.sign(text);
    },
  },
  origin: "sark.example/audit",
  intervalMs: 1,
  memory: fileMemory(join(folder, "memory")),
  observer: {
    leadershipChanged: (leading) => process.send?.({ leading }),
    refused: (error) => process.send?.({ refused: error.message }),
  },
}).start();
