import { startMs, type TestMessage } from "./servers.js";

/** Orders with these numbers, in two partitions in turns. `moreOf` gives what an order has beside the fields of all. */
export const ordersOf = (from: number, to: number, moreOf: (number: number) => object = () => ({})): TestMessage[] =>
  Array.from({ length: to - from }, (_, at) => {
    const number = from + at;
    const timestampMs = startMs + number * 50_000;
    const value = {
      orderNo: `A-${number}`,
      shop: number % 3 === 0 ? "Aarhus" : "Bergen",
      cents: 100 + number,
      placedAt: new Date(timestampMs).toISOString(),
      ...moreOf(number),
    };
    return { partition: number % 2, key: null, value: Buffer.from(JSON.stringify(value)), timestampMs };
  });
