/** Header names in lower case, as Node gives them. */
export type IncomingHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** One value of a header; repeated ones are joined as HTTP says, so that they match nothing by accident. */
export function headerOf(headers: IncomingHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" || value === undefined ? value?.trim() : value.join(", ");
}

/** The media type of a Content-Type value, in lower case, without parameters. */
export function mediaType(value: string | undefined): string | null {
  const type = value?.split(";", 1)[0]?.trim().toLowerCase();
  return type === undefined || type === "" ? null : type;
}
