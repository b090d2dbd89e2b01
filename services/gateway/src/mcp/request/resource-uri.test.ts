import { threadTime, unitOfWork } from "@sark/testkit";
import { describe, expect, it } from "vitest";
import { Rejection } from "../errors/rejection.ts";
import { resourceReadings } from "./resource-uri.ts";

const readings = (uri: string) => resourceReadings(uri, "params.uri");

describe("the URI of a resource", () => {
  it.each([
    "file:///srv/a.txt",
    "file:///srv/my%20notes.txt",
    "file://server/share/a.txt",
    "https://example.com/a?b=../c&d=%26",
    "https://example.com:8443/a/",
    "https://web.archive.org/web/2020/https://example.com/",
    "https://xn--bcher-kva.example/",
    "http://[::1]:8080/x",
    "demo://resource/static/document/architecture.md",
    "postgres://reader@db/shop/orders/schema",
    "repo://owner/name%2Fwith%2Fslash",
    "urn:isbn:9780141036144",
    "note:first",
    "users/me",
    "mem://100%25",
  ])("%s has one reading", (uri) => {
    expect(readings(uri)).toEqual([uri]);
  });

  it.each([
    ["a dot segment", "file:///srv/../etc/passwd"],
    ["a dot segment at its end", "file:///srv/.."],
    ["a single dot", "file:///srv/./a"],
    ["an escaped dot segment", "file:///srv/%2E%2E/etc"],
    ["an escaped dot segment in small digits", "file:///srv/%2e%2e/etc"],
    ["a dot segment escaped twice", "file:///srv/%252E%252E/etc"],
    ["a dot segment between escaped slashes", "file:///srv%2F..%2Fetc"],
    ["a dot segment between escaped backslashes", "file:///srv%5C..%5Cetc"],
    ["dots of full width", "file:///srv/．．/etc"],
    ["escaped dots of full width", "file:///srv/%EF%BC%8E%EF%BC%8E/etc"],
    ["a dot segment with parameters", "https://h/a/..;x/b"],
    ["a dot segment with blanks", "file:///srv/..%20/etc"],
    ["a dot segment in a scheme of its own", "notes://x/../y"],
    ["a dot segment without a scheme", "../etc/passwd"],
    ["an overlong dot", "file:///srv/%C0%AE%C0%AE/etc"],
    ["an escaped letter", "file:///srv/%73ecret"],
    ["an escaped NUL", "file:///srv/secret%00.txt"],
    ["an escaped line feed", "file:///srv/secret%0A"],
    ["a percent sign alone", "file:///srv/100%"],
    ["an escape of one digit", "file:///srv/%5"],
    ["escapes that are no UTF-8", "file:///srv/%FF"],
    ["escapes in small digits", "file:///srv/%c3%bc"],
    ["a scheme in capitals", "FILE:///srv/a"],
    ["a scheme that is none", "1x://a"],
    ["backslashes", "file:\\\\\\srv\\a"],
    ["a backslash in the path", "https://example.com/a\\b"],
    ["a file without an authority", "file:/srv/a"],
    ["a web page without an authority", "https:example.com"],
    ["a host in capitals", "https://Example.com/"],
    ["a host in another alphabet", "https://bücher.example/"],
    ["a host of full width", "https://ｅxample.com/"],
    ["an escaped host", "https://ex%2Dample.com/"],
    ["a host that ends with a dot", "https://example.com./"],
    ["a host as one number", "http://2130706433/"],
    ["a host in octal", "http://0177.0.0.1/"],
    ["a host with a default port", "https://example.com:443/"],
    ["a host with an empty port", "https://example.com:/"],
    ["a user before the host", "https://example.com@evil.example/"],
    ["localhost for no host", "file://localhost/srv/a"],
    ["a file's path with empty segments", "file:////etc/passwd"],
    ["a blank before it", " file:///srv/a"],
    ["a blank of no width behind it", "file:///srv/a\u200b"],
    ["a soft hyphen", "file:///srv/se\u00adcret"],
    ["a no-break blank behind it", "file:///srv/a\u00a0"],
  ])("with %s is refused", (_what, uri) => {
    expect(() => readings(uri)).toThrow(Rejection);
  });

  it.each([
    ["blanks", "file:///my notes.txt", "file:///my%20notes.txt"],
    ["letters beyond ASCII", "file:///Übung", "file:///%C3%9Cbung"],
    ["no path", "https://example.com", "https://example.com/"],
    ["a fragment", "notes://a/b#c", "notes://a/b"],
    ["a file's query", "file:///secret?x", "file:///secret"],
    ["a drive as it was written once", "file:///C|/a", "file:///C:/a"],
    ["capitals in an authority of its own", "db://PROD/x", "db://prod/x"],
    ["blanks before a fragment", "file:///a b#c", "file:///a%20b"],
  ])("with %s is decided about as parsers read it, too", (_what, uri, read) => {
    const found = readings(uri);
    expect(found[0]).toBe(uri);
    expect(found).toContain(read);
  });

  it("is read at once, however long it is", () => {
    const unit = unitOfWork();
    for (const piece of ["%41", "%2F", "../", "\u0301", "//", "%", "#", "a\u0301%CC%81"]) {
      const began = threadTime();
      try {
        readings(`file:///${piece.repeat(8_192 / piece.length)}`);
      } catch (error) {
        expect(error).toBeInstanceOf(Rejection);
      }
      expect(threadTime() - began).toBeLessThan(unit);
    }
  });
});
