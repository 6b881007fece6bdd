import { hostName, parseOptions as parse, port, topic, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";

export const defaultPort = 4321;

export const usage = `Usage: nx run live:serve

Shows the panels in a browser, up to date with each checkpoint, until Ctrl-C.

  --help        print this

  LIVE_PORT     default ${defaultPort}, or a free one where that is taken; 0 is any free port
  LIVE_HOST     default 127.0.0.1: who is to see it from elsewhere needs another address, such as 0.0.0.0
  KAFKA_TOPIC   default socmed-events: whose events are shown
  DATABASE_URL  postgresql://user:password@host:5432/database (default: the running stack's); the reader's role will do
  TIDEMARK_DIR  default .tidemark: where the stack says its addresses
`;

export interface LiveOptions {
  /** Absent: the default one, or a free one. */
  readonly port: number | undefined;
  readonly host: string;
  readonly topic: string;
}

const schema = z
  .object({
    LIVE_PORT: port(0).optional(),
    LIVE_HOST: hostName.default("127.0.0.1"),
    KAFKA_TOPIC: topic.default("socmed-events"),
  })
  .transform((given): LiveOptions => ({ port: given.LIVE_PORT, host: given.LIVE_HOST, topic: given.KAFKA_TOPIC }));

export const parseOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): ParsedOptions<LiveOptions> => parse(schema, args, env);
