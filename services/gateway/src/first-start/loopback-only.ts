// Preloaded into example servers that listen on every interface and cannot be told otherwise:
// a host that is not given becomes loopback, and the port that they got is said on standard error. They also end
// with the gateway, however that ends: its end of their standard input is then closed.
import { Server, type AddressInfo } from "node:net";

type Listen = (this: Server, ...args: unknown[]) => Server;

const prototype = Server.prototype as unknown as { listen: Listen };
const listen = prototype.listen;
prototype.listen = function listenOnLoopback(...args) {
  const [port, host] = args;
  const isPort = typeof port === "number" || (typeof port === "string" && /^\d+$/.test(port));
  if (!isPort || typeof host === "string") {
    return listen.apply(this, args);
  }
  this.once("listening", () => {
    process.stderr.write(`listening on loopback port ${(this.address() as AddressInfo).port}\n`);
  });
  return listen.call(this, port, "127.0.0.1", ...args.slice(1));
};

process.stdin.once("close", () => process.exit(0));
process.stdin.resume().unref();
