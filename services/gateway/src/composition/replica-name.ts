import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

/** Tells the processes of an installation apart, to people. */
export const replicaName = (): string => `${hostname()}:${process.pid}`;

/** What other replicas call this one: another one after each start. */
export interface ReplicaIdentity {
  readonly id: string;
  /** With its name, which is shown to people. */
  readonly label: string;
}

export function createReplicaIdentity(): ReplicaIdentity {
  const id = randomBytes(9).toString("base64url");
  return { id, label: `${replicaName()}/${id}` };
}
