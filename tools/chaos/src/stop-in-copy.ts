import type { Consumer } from "./consumer.js";
import type { CopyWatch } from "./copy-watch.js";
import { copyPatienceMs } from "./fault.js";

const lookEveryMs = 2;
/** What a client had handed over before it was stopped has arrived by then. */
const staysMs = 50;

/**
 * Stops the consumer at a moment at which Postgres reports it in the middle of a COPY and it stays so: what it has not sent
 * by then is held back, until its proxy is released. False where there was none in time; then it runs on.
 */
export async function stopInCopy(
  consumer: Consumer,
  copies: CopyWatch,
  wait: (ms: number) => Promise<unknown>,
): Promise<boolean> {
  const { postgres } = consumer;
  const look = () => copies.find(postgres.serverSidePorts());
  const deadline = performance.now() + copyPatienceMs;
  // A COPY of some hundred rows is over in a millisecond otherwise.
  postgres.trickle();
  while (performance.now() < deadline) {
    const seen = await look();
    if (seen === undefined) {
      await wait(lookEveryMs);
      continue;
    }
    postgres.hold();
    if (!consumer.signal("SIGSTOP")) break;
    await wait(staysMs);
    if ((await look()) === seen) return true;
    consumer.signal("SIGCONT");
    postgres.trickle();
  }
  postgres.release();
  return false;
}
