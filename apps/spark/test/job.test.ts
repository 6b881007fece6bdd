import { count, definePipeline, tumbling, withIdScope, withKeyLimit } from "@tidemark/pipeline/definition";
import { defineEvent } from "@tidemark/schema";
import { socmed } from "@tidemark/socmed";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { describeJob, jobText } from "../src/job.js";
import { pythonPattern } from "../src/python-pattern.js";

const text = z.string().trim().min(1).max(40);

function pipelineOf(fields: z.ZodRawShape, tables: object = {}) {
  return definePipeline({
    name: "orders",
    event: z.object({ orderNo: text, placedAt: z.iso.datetime(), ...fields }) as never,
    id: "orderNo" as never,
    time: { field: "placedAt", unit: "iso" } as never,
    watermark: { delay: "2m" },
    rollups: [{ name: "orders_1m", window: tumbling("1m"), keys: [], aggregates: { orders: count() } }],
    tables,
  });
}

describe("the job of a pipeline", () => {
  it("holds the statements, fields and expected words that the consumer uses", () => {
    const job = describeJob(socmed);
    expect(job.sql.compareAndSet).toContain("epoch = $4 AND next_offset = $5");
    expect(job.sql.raw.copy).toContain(`COPY "public"."socmed_user_sales"`);
    expect(job.sql.definitionHash).toMatch(/^[0-9a-f]{16}$/);
    expect(job.event.fields.map(({ name }) => name)).toEqual(Object.keys(socmed.event.schema.shape));
    expect(job.aggregates["socmed_5s"]?.map(({ name }) => name)).toContain("conversion_rate_sum");
    expect(job.sql.rollups.map(({ arrays }) => arrays)).toEqual([13, 13, 13]);
  });

  it("is the same text each time, and survives JSON", () => {
    const once = jobText(describeJob(socmed));
    expect(jobText(describeJob(socmed))).toBe(once);
    expect(JSON.parse(once)).toEqual(JSON.parse(JSON.stringify(describeJob(socmed))));
  });

  it("takes fields that may be null or missing, patterns of both languages, and another unit of time", () => {
    const job = describeJob(
      pipelineOf({
        code: z
          .string()
          .regex(/^[A-Z]{2}-\d+$/)
          .nullable(),
        ref: z.uuid(),
        cents: z.int().default(0),
      }),
    );
    const patterns = job.event.fields.map(({ name, pythonPattern: pattern }) => [name, pattern]);
    expect(Object.fromEntries(patterns)).toMatchObject({
      orderNo: null,
      placedAt: String.raw`Z\Z`,
      code: String.raw`^[A-Z]{2}-\d+\Z`,
      cents: null,
    });
  });

  const own = defineEvent(z.object({ at: z.int() }), {
    time: { field: "at", unit: "ms" },
    decoder: () => ({ ok: true, event: { at: 1 } }),
  });
  it.each([
    ["the field tags has arrays", () => pipelineOf({ tags: z.array(text) })],
    ["the field body has z.record()", () => pipelineOf({ body: z.record(z.string(), z.unknown()) })],
    ["the field code has a change of case", () => pipelineOf({ code: z.string().toLowerCase() })],
    ["the field code has the pattern /^.x/", () => pipelineOf({ code: z.string().regex(/^.x/) })],
    ["the field code has checks of its own", () => pipelineOf({ code: z.string().refine((one) => one !== "x") })],
    ['tables.onConflict has "duplicate"', () => pipelineOf({}, { onConflict: "duplicate" })],
    ['idScope has the value "topic"', () => withIdScope(socmed, "topic")],
    ["the rollup socmed_5s has a keyLimit", () => withKeyLimit(socmed, { perWindow: 10, beyond: "other" })],
    [
      "the event has a decoder of its own",
      () =>
        definePipeline({
          name: "own",
          event: own,
          time: { field: "at", unit: "ms" },
          watermark: { delay: "1s" },
          rollups: [{ name: "own_1m", window: tumbling("1m"), keys: [], aggregates: { events: count() } }],
        } as never),
    ],
  ])("is refused where %s", (part, make) => {
    const refusal = () => describeJob(make());
    expect(refusal).toThrow(expect.objectContaining({ code: "not-portable" }));
    expect(refusal).toThrow(part);
  });
});

describe("pythonPattern", () => {
  it.each(["(?=a)a", "a(?<name>b)", String.raw`\bx`, String.raw`\w`, "[^a]", String.raw`\p{L}`, ".", "é"])(
    "refuses %s, which the two languages may read otherwise",
    (source) => {
      expect(pythonPattern({ source, flags: "" }, false)).toBeUndefined();
    },
  );

  it("refuses flags that change what is matched", () => {
    expect(pythonPattern({ source: "a", flags: "i" }, false)).toBeUndefined();
    expect(pythonPattern({ source: "^.{14}4", flags: "" }, true)).toBe("^.{14}4");
  });
});
