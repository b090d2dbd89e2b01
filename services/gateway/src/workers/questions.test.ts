import { expect, it } from "vitest";
import type { FromPrimary } from "./messages.ts";
import { createQuestions } from "./questions.ts";

function respondents(...workers: number[]) {
  const sent: { worker: number; id: number }[] = [];
  const all = workers.map((worker) => ({
    worker,
    send(message: FromPrimary) {
      sent.push({ worker, id: message.type === "asked" ? message.id : 0 });
      return true;
    },
  }));
  return { all, sent };
}

it("resolves to what each responds, in the order of the workers", async () => {
  const questions = createQuestions();
  const { all, sent } = respondents(1, 2, 3);
  const asked = questions.ask("metrics", null, all);
  for (const { worker, id } of sent.toReversed()) {
    questions.responded(worker, id, `of ${worker}`);
  }
  expect(await asked).toEqual(["of 1", "of 2", "of 3"]);
});

it("leaves out one that has ended, one that cannot respond, and one that cannot be told", async () => {
  const questions = createQuestions();
  const { all, sent } = respondents(1, 2, 3);
  const asked = questions.ask("metrics", null, [...all, { worker: 4, send: () => false }]);
  questions.responded(1, sent[0]!.id, "of 1");
  questions.responded(2, sent[1]!.id, undefined);
  questions.left(3);
  expect(await asked).toEqual(["of 1"]);
});

it("waits no longer than it may for one that hangs, and takes nothing of it afterwards", async () => {
  const questions = createQuestions(1);
  const { all, sent } = respondents(1, 2);
  const asked = questions.ask("metrics", null, all);
  questions.responded(1, sent[0]!.id, "of 1");
  expect(await asked).toEqual(["of 1"]);
  questions.responded(2, sent[1]!.id, "too late");
});

it("has no responses where there is no worker", async () => {
  expect(await createQuestions().ask("metrics", null, [])).toEqual([]);
});
