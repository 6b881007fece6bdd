import { patchKafkajsTimers } from "./kafkajs-timers.js";
import { patchKafkajsTokens } from "./kafkajs-tokens.js";

/** Mends what each client of kafkajs needs. Applies to the whole process. */
export function patchKafkajs(): void {
  patchKafkajsTimers();
  patchKafkajsTokens();
}
