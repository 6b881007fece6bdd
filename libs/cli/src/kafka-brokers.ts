import { AddressError } from "./errors.js";

const broker = /^(\[[0-9a-f:.]+\]|[a-z0-9_.-]+):(\d{1,5})$/i;

/**
 * Reads a list such as `localhost:9092,[::1]:9093`; blanks around the commas are allowed.
 *
 * `source` is the variable's or option's name. Throws AddressError `bad-address`.
 */
export function parseKafkaBrokers(text: string, source = "KAFKA_BROKERS"): string[] {
  return text.split(",").map((part) => {
    const address = part.trim();
    const port = Number(broker.exec(address)?.[2]);
    if (port >= 1 && port <= 65_535) return address;
    throw new AddressError(
      "bad-address",
      `${source}: ${describe(address)} is no broker's address; it takes host:port, or several split by commas, ` +
        "such as localhost:9092.",
    );
  });
}

function describe(address: string): string {
  if (address === "") return "an empty part";
  // Whoever writes user:password@host here should not find it in a log.
  return JSON.stringify(address.replace(/^.*@/, "***@"));
}
