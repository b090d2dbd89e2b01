import { once } from "node:events";
import { buffer } from "node:stream/consumers";
import { callbackify } from "node:util";
import PostalMime, { type Email } from "postal-mime";
import { SMTPServer } from "smtp-server";
import { createCertificates } from "../siem/receiver/certificates.ts";

/** A mail that was taken, and how it came. */
export interface ReceivedMail {
  /** Whether it came over TLS. */
  readonly secure: boolean;
  /** Who authenticated. */
  readonly user: string;
  /** The recipients of the envelope. */
  readonly to: readonly string[];
  /** As it came, header and parts encoded. */
  readonly source: string;
  readonly parsed: Email;
}

/** Takes mail over SMTP on 127.0.0.1, from the one user that it knows and over STARTTLS only. */
export interface MailReceiver {
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** PEM of the authority of its certificate. */
  readonly authority: string;
  readonly mails: readonly ReceivedMail[];
  /** Connections that came to nothing: why. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

export async function startMailReceiver(): Promise<MailReceiver> {
  const { authority, servers } = await createCertificates("Mail");
  const user = "alerts";
  const password = crypto.randomUUID();
  const mails: ReceivedMail[] = [];
  const problems: string[] = [];
  const server = new SMTPServer({
    ...servers.valid,
    onAuth({ username = "", password: given = "" }, _session, done) {
      if (username === user && given === password) {
        done(null, { user: username });
      } else {
        problems.push(`refused: ${username}`);
        done(new Error("no such user, or another password"));
      }
    },
    onData(stream, session, done) {
      const take = callbackify(async () => {
        const source = await buffer(stream);
        mails.push({
          secure: session.secure,
          user: String(session.user ?? ""),
          to: session.envelope.rcptTo.map(({ address }) => address),
          source: source.toString(),
          parsed: await PostalMime.parse(source),
        });
      });
      take((error) => done(error));
    },
  });
  server.on("error", (error: Error) => void problems.push(error.message));
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.server.address() as { readonly port: number };
  return {
    port,
    user,
    password,
    authority,
    mails,
    problems,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
