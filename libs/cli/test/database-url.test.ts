import { expect, test } from "vitest";
import { parseDatabaseUrl, redactUrl } from "../src/database-url.js";

test.each([
  "postgresql://u:p@localhost:5432/tidemark",
  "postgres://localhost/x?sslmode=verify-full",
  "postgresql:///db",
])("%s is a database's URL", (url) => {
  expect(parseDatabaseUrl(` ${url}\n`)).toBe(url);
});

test.each(["localhost:5432/db", "mysql://root:secret@localhost/db", "user=me password=secret", "", "//u:secret@h/db"])(
  "%j is refused, with the variable and what it takes, and without the password",
  (text) => {
    expect(() => parseDatabaseUrl(text)).toThrowError(
      expect.objectContaining({
        code: "bad-address",
        message: expect.stringMatching(/^DATABASE_URL: (?!.*secret).* it takes a Postgres URL/),
      }),
    );
  },
);

test("for people a URL has no password and no parameters", () => {
  expect(redactUrl("postgresql://me:secret@localhost:5432/db?password=secret")).toBe(
    "postgresql://me@localhost:5432/db",
  );
  expect(redactUrl("postgresql://localhost/db")).toBe("postgresql://localhost/db");
  expect(redactUrl("secret")).toBe("(no URL)");
});
