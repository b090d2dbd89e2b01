import { once } from "node:events";
import { createServer, IncomingMessage } from "node:http";
import { connect, Socket, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { createClientAddress, networkOf, readSubnet } from "./client-address.ts";

/** A request over a connection from this address, with these lines of `X-Forwarded-For`. */
function requestFrom(address: string | undefined, ...forwarded: string[]): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, "remoteAddress", { value: address, configurable: true });
  const request = new IncomingMessage(socket);
  Object.defineProperty(request, "headersDistinct", {
    value: forwarded.length === 0 ? {} : { "x-forwarded-for": forwarded },
  });
  return request;
}

const PROXIES = ["10.0.0.0/8", "192.0.2.7", "fd00::/16", "::1"];
const behind = createClientAddress(PROXIES);

describe("the address of a client", () => {
  it.each([
    ["of a direct client, whatever it says", "203.0.113.5", ["198.51.100.1"], "203.0.113.5"],
    ["as its proxy has seen it", "10.1.2.3", ["198.51.100.1"], "198.51.100.1"],
    ["and not what it has made up before", "10.1.2.3", ["1.1.1.1, 198.51.100.1"], "198.51.100.1"],
    ["through several proxies", "10.1.2.3", ["1.1.1.1, 198.51.100.1, 10.9.9.9, 192.0.2.7"], "198.51.100.1"],
    ["of headers in lines", "10.1.2.3", ["1.1.1.1", "198.51.100.1", "10.9.9.9"], "198.51.100.1"],
    ["of a proxy itself", "10.1.2.3", [], "10.1.2.3"],
    ["where all are proxies, the outermost", "10.1.2.3", ["10.4.4.4, 10.5.5.5"], "10.4.4.4"],
    ["with a port", "10.1.2.3", ["198.51.100.1:4711"], "198.51.100.1"],
    ["of IPv6 with a port", "::1", ["[2001:db8::5]:4711"], "2001:db8::5"],
    ["of IPv6", "fd00::1", ["2001:db8::5"], "2001:db8::5"],
    ["of IPv4 over a socket of IPv6", "::ffff:10.1.2.3", ["::ffff:198.51.100.1"], "198.51.100.1"],
    ["where a proxy writes what is no address", "10.1.2.3", ["198.51.100.1, unknown"], "10.1.2.3"],
    ["where there is nothing at the end", "10.1.2.3", ["198.51.100.1,"], "10.1.2.3"],
    ["where a name stands", "10.1.2.3", ["evil.example, 10.2.2.2"], "10.2.2.2"],
    ["of a connection that has closed", undefined, ["198.51.100.1"], "unknown"],
  ] as const)("%s [GTW-1]", (_what, address, forwarded, expected) => {
    expect(behind(requestFrom(address, ...forwarded))).toBe(expected);
  });

  it("is not read from headers where no proxy is trusted [GTW-1]", () => {
    const direct = createClientAddress([]);
    expect(direct(requestFrom("10.1.2.3", "198.51.100.1"))).toBe("10.1.2.3");
  });

  it("reads no more than 32 hops of a header, and knows a request's once it was asked [GTW-1]", () => {
    const hops = Array.from({ length: 40 }, () => "10.0.0.1").join(",");
    expect(behind(requestFrom("10.1.2.3", `198.51.100.1,${hops}`))).toBe("10.0.0.1");
    const request = requestFrom("203.0.113.5");
    expect(behind(request)).toBe("203.0.113.5");
    Object.defineProperty(request.socket, "remoteAddress", { value: undefined });
    expect(behind(request)).toBe("203.0.113.5");
  });

  it("is that of a real connection [GTW-1]", async () => {
    const trusting = createClientAddress(["127.0.0.1"]);
    const seen: string[] = [];
    const server = createServer((request, response) => {
      seen.push(trusting(request));
      response.end();
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
    socket.write(
      "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nx-forwarded-for: 198.51.100.1\r\nConnection: close\r\n\r\n",
    );
    socket.resume();
    await once(socket, "close");
    server.close();
    expect(seen).toEqual(["198.51.100.1"]);
  });
});

describe("the network of a client", () => {
  it.each([
    ["192.0.2.1", "192.0.2.1"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["2001:DB8:0:0:ffff::1", "2001:db8:0:0::/64"],
    ["2001:db8:0:1::1", "2001:db8:0:1::/64"],
    ["::1", "0:0:0:0::/64"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64"],
    ["unknown", "unknown"],
  ])("%s is in %s [GTW-1]", (address, network) => {
    expect(networkOf(address)).toBe(network);
  });
});

describe("a trusted proxy", () => {
  it.each(["10.0.0.0/8", "10.1.2.3", "fd00::/8", "::1/128"])("may be %s [GTW-1]", (text) => {
    expect(() => readSubnet(text)).not.toThrow();
  });

  it.each([
    "",
    "proxy.example",
    "10.0.0.0/33",
    "10.0.0.0/0",
    "::/0",
    "10.0.0.0/",
    "10.0.0.0/8/8",
    "10.0.0/8",
    "fe80::1%eth0",
    "10.0.0.0/-1",
    "10.0.0.0/1e1",
  ])("cannot be %j [GTW-1]", (text) => {
    expect(() => readSubnet(text)).toThrow("must be an address, or a subnet");
  });
});
