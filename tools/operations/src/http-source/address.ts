import { CommandError, EXIT } from "../exit-code.ts";

/**
 * A place that a command asks, without a slash at its end. Throws a `CommandError` for what is no URL of HTTP, and for one
 * with a user, a query or a fragment. Such a URL may hold a password: the message does not repeat it.
 *
 * @param what as the message names it, such as "The gateway's URL"
 * @param remedy where a credential goes in its place
 */
export function parseAddress(value: string, what: string, example: string, remedy = ""): string {
  const url = /^https?:\/\//.test(value) && URL.canParse(value) ? new URL(value) : null;
  if (url === null) {
    throw new CommandError(EXIT.usage, `${what} should look like ${example}.`);
  }
  if (`${url.username}${url.password}${url.search}${url.hash}` !== "") {
    throw new CommandError(
      EXIT.usage,
      `${what} holds more than a place, such as a user or a query: it should look like ${example}.${remedy === "" ? "" : ` ${remedy}`}`,
    );
  }
  return value.replace(/\/+$/, "");
}
