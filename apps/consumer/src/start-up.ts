import { AddressError, adviseOnKafka, PipelineModuleError } from "@tidemark/cli";
import { PipelineError } from "@tidemark/pipeline";
import { MonitorError } from "@tidemark/pipeline/monitor";
import { SinkError } from "@tidemark/sinks";
import { SourceError } from "@tidemark/sources";

/** The sentence for a failure, and the exit code: 2 for what a person has to change, such as an address. */
export function describeFailure(error: unknown): { readonly exitCode: 1 | 2; readonly text: string } {
  if (error instanceof MonitorError) return { exitCode: 2, text: error.message.replace(/^Port/, "METRICS_PORT") };
  if (error instanceof AddressError || error instanceof PipelineModuleError)
    return { exitCode: 2, text: error.message };
  if (error instanceof PipelineError) return { exitCode: 2, text: adviseOnPipeline(error) };
  if (error instanceof SinkError) return { exitCode: 2, text: `${error.message}${adviseOnSink(error)}` };
  if (error instanceof SourceError) return { exitCode: 2, text: `${error.message}${adviseOnSource(error)}` };
  if (error instanceof Error && "code" in error && error.code === "too-many-ids")
    return { exitCode: 2, text: `${error.message} MAX_LIVE_IDS sets maxLiveIds.` };
  // Postgres answers with a sentence; anything else is a mistake of the program, and its stack is wanted.
  if (error instanceof Error && "severity" in error) return { exitCode: 1, text: `Postgres refused: ${error.message}` };
  return { exitCode: 1, text: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

function adviseOnPipeline({ code, message }: PipelineError): string {
  if (code === "postgres-unreachable") return `${message.slice(0, -1)}: check DATABASE_URL.`;
  return message;
}

function adviseOnSink({ code }: SinkError): string {
  switch (code) {
    case "refused-group":
      return " KAFKA_GROUP sets the group, and another TIDEMARK_DIR has another database.";
    case "refused-cluster":
      return " KAFKA_BROKERS names the cluster, and another TIDEMARK_DIR has another database.";
    case "refused-definition":
      return " `nx run consumer:rebuild -- --definition` does that, with the same variables; WATERMARK_DELAY, ALLOWED_LATENESS and MAX_FUTURE_SKEW set its durations.";
    case "no-tables":
    case "invalid-address":
    case "refused-connection":
    case "wrong-server":
      return " Check DATABASE_URL.";
    default:
      return "";
  }
}

function adviseOnSource({ code }: SourceError): string {
  if (code === "log-behind" || code === "log-replaced") return ". Begin anew with another database or TIDEMARK_DIR";
  if (code === "group-in-use" || code === "foreign-assignment") return ". KAFKA_GROUP sets the group";
  if (code !== "lost") return adviseOnKafka(code);
  return ". To go on without them start again with --accept-loss: the ledger counts them as lost. Or begin anew with another database or TIDEMARK_DIR";
}
