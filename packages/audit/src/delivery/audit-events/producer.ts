/** The product whose events are delivered, as formats and sinks name it. */
export interface Product {
  /** Who makes it, e.g. `SARK`. */
  readonly vendor: string;
  /** The family of products that it belongs to, e.g. `SARK`; its own name where there is none. */
  readonly suite: string;
  /** Its name for people, e.g. `SARK Gateway`. */
  readonly name: string;
  /** What kind of thing it is, in one word, e.g. `gateway`. */
  readonly kind: string;
  /** Its name as a service, e.g. `sark-gateway`. */
  readonly service: string;
  readonly version: string;
}

/** What events say about who sends them. */
export interface Producer extends Product {
  /** Name of the machine or replica. */
  readonly host: string;
}

/** A product as its code says it: only what every service knows must be given. */
export type ProducerInput = Pick<Producer, "service" | "version" | "host"> & Partial<Producer>;

/** Puts the service's own name where nothing else is given. */
export function completeProducer(input: ProducerInput): Producer {
  const { service, name = service } = input;
  return { vendor: name, suite: name, name, kind: "service", ...input };
}
