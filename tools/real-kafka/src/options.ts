import { directory, parseOptions as parse, port, type ParsedOptions } from "@tidemark/cli";
import { z } from "zod";

export const usage = `Usage: nx run real-kafka:run [--dir DIR] [--port N] [--cache DIR]

Runs a real Apache Kafka on 127.0.0.1 until Ctrl-C, and prints its address once it is ready. It needs Java 17 or newer, and
the first time Maven and the network.

  --dir DIR    its data (default real-kafka in TIDEMARK_DIR, which is .tidemark in the repository)
  --port N     default: any that is free
  --cache DIR  Kafka's jars (default ~/.cache/tidemark)
  --help       print this
`;

const schema = z
  .object({ "--dir": directory.optional(), "--port": port(1).optional(), "--cache": directory.optional() })
  .transform((given) => ({ dir: given["--dir"], port: given["--port"], cache: given["--cache"] }));

export type RunOptions = z.output<typeof schema>;

export const parseOptions = (args: readonly string[]): ParsedOptions<RunOptions> => parse(schema, args);
