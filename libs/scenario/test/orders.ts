import { z } from "zod";
import {
  baseSchemas,
  byteMalformations,
  checkBaseScenario,
  createFaultsSchema,
  createStream,
  fault,
  drawUuid,
  ScenarioError,
  type Place,
  type ScenarioModel,
  type Stream,
} from "@tidemark/scenario";

/** An order of a shop. */
export interface Order {
  readonly orderNo: string;
  readonly shop: string;
  readonly cents: number;
  readonly placedAt: number;
}

interface Shop extends Place {
  readonly shop: string;
}

const encode = (order: Order): Uint8Array => new TextEncoder().encode(JSON.stringify(order));

const malformations = {
  ...byteMalformations(encode, 1_000),
  "missing-field": (order: Order) => encode({ ...order, cents: undefined } as unknown as Order),
};

const schema = z
  .strictObject({
    name: baseSchemas.name,
    shops: z.array(z.string()),
    cents: z.int(),
    rate: baseSchemas.rate,
    events: baseSchemas.events,
    pace: baseSchemas.pace,
    clocks: baseSchemas.clocks({ shop: z.string().optional() }),
    delaySeconds: baseSchemas.delaySeconds,
    faults: createFaultsSchema({
      own: { refund: fault("an order of less than nothing", {}) },
      reasons: Object.keys(malformations) as [keyof typeof malformations],
    }).optional(),
    pipeline: baseSchemas.pipeline,
  })
  .superRefine(checkBaseScenario);

export type OrdersScenario = z.infer<typeof schema>;

export const calm: OrdersScenario = {
  name: "calm",
  shops: ["north", "south"],
  cents: 1_000,
  rate: { kind: "constant", perSecond: 10 },
  delaySeconds: [0, 20],
};

export const odd: OrdersScenario = {
  ...calm,
  name: "odd",
  clocks: [{ shop: "south", fromSeconds: 100, forSeconds: 100, aheadSeconds: -60 }],
  faults: {
    refund: { share: 0.02 },
    lateJust: { share: 0.02 },
    duplicateAtOnce: { share: 0.02 },
    malformed: { share: 0.07 },
    future: { share: 0.02, bySeconds: [1, 60] },
  },
};

/** A model of another event than the flagship's. */
export const ordersModel: ScenarioModel<OrdersScenario, Shop, Order, "refund"> = {
  schema,
  presets: { calm, odd },
  createPlaces({ shops }) {
    const places = shops.map((shop) => ({ shop, key: shop }));
    if (places.length === 0) throw new ScenarioError("There is no shop.");
    return { draw: (draw) => places[Math.floor(draw * places.length)] as Shop };
  },
  isAt: ({ shop }, place) => shop === undefined || shop === place.shop,
  createEvents:
    ({ cents }, generator) =>
    ({ shop }, placedAt) => ({
      orderNo: drawUuid(generator),
      shop,
      cents: Math.floor(generator.next() * cents),
      placedAt,
    }),
  encode,
  oddities: { refund: (order) => ({ ...order, cents: -1 - order.cents }) },
  malformations,
};

export const startMs = Date.UTC(2024, 1, 3, 17);

export function streamOf(scenario: OrdersScenario): Stream<Order, "refund"> {
  return createStream(ordersModel, { scenario, seed: 1, startMs });
}
