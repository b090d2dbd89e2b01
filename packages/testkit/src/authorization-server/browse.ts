const MAX_REDIRECTS = 20;

/** Follows redirects from an authorization request as a browser does, cookies included, up to the client's own URL. */
export async function browse(from: URL, redirectUri: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = from;
  for (let step = 0; step < MAX_REDIRECTS; step++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [name = "", value = ""] = (line.split(";")[0] ?? "").split(/=(.*)/s);
      cookies.set(name, value);
    }
    const location = response.headers.get("location");
    if (location === null) {
      throw new Error(`no redirect from ${url.href}: ${response.status} ${await response.text()}`);
    }
    await response.body?.cancel();
    url = new URL(location, url);
    if (url.href.startsWith(redirectUri)) {
      return url;
    }
  }
  throw new Error("too many redirects");
}
