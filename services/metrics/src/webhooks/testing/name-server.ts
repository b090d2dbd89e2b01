import { createSocket } from "node:dgram";
import { once } from "node:events";
import { isIPv4 } from "node:net";

/** A name server on loopback (RFC 1035) that knows the names that a test gives it. */
export interface NameServer {
  /** As `127.0.0.1:PORT`. */
  readonly address: string;
  /** Names that it was asked for, with the type of record. */
  readonly asked: string[];
  /**
   * Addresses of a name from now on, of both kinds: those of the next question for a kind first; the last ones stay. `null`: it says
   * nothing.
   */
  set(name: string, ...responses: readonly (readonly string[] | null)[]): void;
  close(): Promise<void>;
}

const HEADER_BYTES = 12;
const A = 1;
const AAAA = 28;
const RESPONSE = 0x8180;
const NO_SUCH_NAME = 3;

export async function startNameServer(): Promise<NameServer> {
  /** For each kind, as both are asked for at once. */
  const names = new Map<string, ReadonlyMap<number, (readonly string[] | null)[]>>();
  const asked: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const { name, type, end } = questionOf(query);
    asked.push(`${name} ${type === A ? "A" : type}`);
    const known = names.get(name);
    const responses = known?.get(type);
    const addresses = responses === undefined ? [] : nextOf(responses);
    if (addresses !== null) {
      const ofType = addresses.filter((one) => (isIPv4(one) ? A : AAAA) === type);
      socket.send(responseTo(query.subarray(0, end), ofType, known !== undefined), port, address);
    }
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    set: (name, ...responses) =>
      void names.set(name, new Map([A, AAAA].map((type) => [type, [...responses]]))),
    async close() {
      const closed = once(socket, "close");
      socket.close();
      await closed;
    },
  };
}

function nextOf(responses: (readonly string[] | null)[]): readonly string[] | null {
  const [next = []] = responses;
  if (responses.length > 1) {
    responses.shift();
  }
  return next;
}

function questionOf(query: Buffer): { readonly name: string; readonly type: number; readonly end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

function responseTo(question: Buffer, addresses: readonly string[], isKnown: boolean): Buffer {
  const head = Buffer.from(question);
  head.writeUInt16BE(RESPONSE | (isKnown ? 0 : NO_SUCH_NAME), 2);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  // The name by its place in the question, the type, class IN, no time to live, and the bytes of the address.
  const record = (address: string) => {
    const bytes = isIPv4(address) ? address.split(".").map(Number) : bytesOf(address);
    return Buffer.from([
      0xc0,
      HEADER_BYTES,
      0,
      isIPv4(address) ? A : AAAA,
      0,
      1,
      0,
      0,
      0,
      0,
      0,
      bytes.length,
      ...bytes,
    ]);
  };
  return Buffer.concat([head, ...addresses.map(record)]);
}

/** The sixteen of an IPv6 address, however it is written. */
function bytesOf(address: string): number[] {
  const [start = "", end = ""] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groupsIn = (text: string) =>
    text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
  const [first, last] = [groupsIn(start), groupsIn(end)];
  const groups = [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
  return groups.flatMap((group) => [group >> 8, group & 0xff]);
}
