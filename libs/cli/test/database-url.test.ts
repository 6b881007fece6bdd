import { expect, test } from "vitest";
import { parseDatabaseUrl, redactUrl } from "../src/database-url.js";

test.each([
  "postgresql://u:p@localhost:5432/tidemark",
  "postgres://first,second:5433/x?sslmode=require&channel_binding=require",
  "postgresql:///db?host=/var/run/postgresql",
  "host=localhost user=me password='a secret'",
])("%s is a Postgres address", (text) => {
  expect(parseDatabaseUrl(` ${text}\n`)).toBe(text);
});

test.each(["localhost:5432/db", "mysql://root:secret@localhost/db", "", "//u:secret@h/db", "postgres://h/db?x=secret"])(
  "%j is refused, with the variable and what it takes, and without the password",
  (text) => {
    expect(() => parseDatabaseUrl(text)).toThrowError(
      expect.objectContaining({
        code: "bad-address",
        message: expect.stringMatching(/^DATABASE_URL: (?!.*secret).* It takes what libpq takes/),
      }),
    );
  },
);

test("for people an address is its user, servers and database", () => {
  expect(redactUrl("postgresql://me:secret@localhost/db?password=secret")).toBe("me@localhost:5432/db");
  expect(redactUrl("postgresql://me:secret@[::1]:1,two:2/db")).toBe("me@[::1]:1,two:2/db");
});
