import { createRequestStateCodec, type RequestStateCodec } from "@modelcontextprotocol/server";
import { randomBytes } from "node:crypto";
import { EventEmitter } from "node:events";
import { createGates, type Gates } from "./gates.ts";
import type { Recorder } from "./recorder.ts";

/** Where a multi-round tool stands; travels through the client as `requestState`, signed. */
export interface RoundState {
  readonly step: number;
  readonly name?: string;
}

/** What all sessions and requests of one started server share. */
export interface World {
  readonly recorder: Recorder;
  readonly gates: Gates;
  readonly requestState: RequestStateCodec<RoundState>;
  /** Whether the tool and the prompt that come and go are there now. */
  readonly present: { tool: boolean; prompt: boolean };
  readonly changes: EventEmitter<{ tools: []; prompts: []; resource: [uri: string] }>;
  /** Ends the process when it is a program; without it only the connection is dropped. */
  exit?(code: number): void;
}

export function createWorld(recorder: Recorder, exit?: (code: number) => void): World {
  const changes: World["changes"] = new EventEmitter();
  // One listener per open session.
  changes.setMaxListeners(0);
  return {
    recorder,
    gates: createGates(),
    requestState: createRequestStateCodec<RoundState>({ key: randomBytes(32) }),
    present: { tool: false, prompt: false },
    changes,
    ...(exit && { exit }),
  };
}
