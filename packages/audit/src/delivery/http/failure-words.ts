/** What happened, for people, and where to look; codes of libraries say neither. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^ECONNREFUSED$/, "nothing listens at the receiver's address: check that it runs, its host and its port"],
  [/^ENOTFOUND$/, "the receiver's host name is not known: check the address and the name resolution"],
  [/^EAI_AGAIN$/, "the name resolution does not respond just now: the receiver's host cannot be looked up"],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, "no route to the receiver's host: check network and firewall"],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, "no connection in time: check the address, network and firewall"],
  [/^EADDRNOTAVAIL$/, "this machine has no free address or port for a connection"],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO)$/,
    "the receiver does not speak TLS at this port: check the address",
  ],
  [
    /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|UND_ERR_CLOSED|UND_ERR_DESTROYED)$/,
    "the receiver closed the connection before it responded",
  ],
  [
    /^(TimeoutError|UND_ERR_(HEADERS|BODY)_TIMEOUT)$/,
    "no whole response in time: see requestTimeout, and whether the receiver is overloaded",
  ],
  [/^HPE_/, "what listens at the receiver's address does not speak HTTP: check host and port"],
  [/^UND_ERR_RESPONSE/, "the receiver's response is not valid HTTP"],
  [
    /^SyntaxError$/,
    "the response is not what the receiver's protocol says: does a proxy or a login page respond instead?",
  ],
  [/^AbortError$/, "given up before the receiver responded"],
];

/** Names that people can look up; those of libraries would only mislead. */
const KNOWN_ELSEWHERE = /^E[A-Z_]+$/;

/** In words; `fallback` for what none are known of. */
export function failureWords(code: string, fallback: string): string {
  const words = WORDS.find(([pattern]) => pattern.test(code))?.[1] ?? fallback;
  return KNOWN_ELSEWHERE.test(code) && !code.startsWith("ERR_") ? `${words} (${code})` : words;
}
