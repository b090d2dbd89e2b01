import { hostname } from "node:os";

/** Tells the processes of an installation apart, to people. */
export const replicaName = (): string => `${hostname()}:${process.pid}`;
