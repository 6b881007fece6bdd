import type { TimeUnit } from "@tidemark/schema";
import { customType } from "drizzle-orm/pg-core";

const MS_FRACTION = /\.(\d+)/;
const MICRO_DIGITS = 6;

/** A timestamptz column that reads and writes the event's own form of its time: a number of the unit, or ISO 8601 text. */
export function eventTime(name: string, unit: TimeUnit) {
  return customType<{ data: number | string; driverData: string }>({
    dataType: () => "timestamp with time zone",
    toDriver: (value) => toText(value, unit),
    fromDriver: (text) => fromText(text, unit),
  })(name);
}

function toText(value: number | string, unit: TimeUnit): string {
  switch (unit) {
    case "s":
      return new Date((value as number) * 1000).toISOString();
    case "ms":
      return new Date(value as number).toISOString();
    case "us": {
      const ms = Math.floor((value as number) / 1000);
      const micros = String((value as number) - ms * 1000).padStart(3, "0");
      return new Date(ms).toISOString().replace("Z", `${micros}Z`);
    }
    case "iso":
      return value as string;
  }
}

function fromText(text: string, unit: TimeUnit): number | string {
  const ms = new Date(text).getTime();
  if (unit === "s") return ms / 1000;
  if (unit === "ms") return ms;
  const digits = (MS_FRACTION.exec(text)?.[1] ?? "").slice(0, MICRO_DIGITS).padEnd(MICRO_DIGITS, "0");
  if (unit === "us") return Math.floor(ms / 1000) * 1_000_000 + Number(digits);
  const fraction = digits.replace(/0{1,3}$/, "");
  return new Date(ms).toISOString().replace(MS_FRACTION, `.${fraction}`);
}
