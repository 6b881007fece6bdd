import { presets } from "../scenario/index.js";

/** How many events are written of a scenario that has no end: some MB, in an instant. */
export const DEFAULT_EVENTS = 10_000;

export const usage = `Usage: tidemark-scenario [options]

Writes a fake stream of social media figures as lines, and the tables that a pipeline should make of it.
The same options give the same bytes.

The stream
  --scenario NAME|FILE    ${Object.keys(presets).join(", ")},
                          or a JSON file; default is the default
  --seed N                1
  --events N              how many; all that the scenario has, or 10,000 of one without an end
  --start TIME            arrival time of event 0; 2024-02-03T17:00:00Z
  --start-index N         the first event's index, 0: goes on where another run ended
                          (offsets and answers: as if this run were all)
  --rate N                events per second of event time, in place of the scenario's
  --partitions N          of the topic that it would be sent to, by the hash of the key; 8

Where to, and how
  --out FILE              instead of standard output; it appears when it is complete
  --gzip                  compressed; goes without saying for a FILE that ends in .gz
  --format values         each event's value, byte for byte, as a line (the default); the line of a tombstone is empty
  --format records        an object a line: partition, offset, timestamp (epoch ms; -1: none), key, value (text;
                          valueBase64 where it is no UTF-8; null for a tombstone)
  --labels                of records, also their index and label: what each is, and what must become of it

The answers
  --answers DIR           the expected tables as DIR/TABLE.ndjson: socmed_user_sales, socmed_late, socmed_rejected,
                          socmed_5s, socmed_1m, socmed_1h, checkpoints
  --watermark-delay D     how far the watermark stays behind the highest event time; the scenario's, or 5m
  --allowed-lateness D    how long a window still takes events after it closed; the scenario's, or 0s
  --max-future-skew D     an event further than this ahead of its record's timestamp is quarantined;
                          the scenario's, or 1m

  --help

What takes longer than a second says on standard error how far it is.
Exit code: 0 when all is written, or whoever read standard output has had enough; 1 when it could not be written;
2 for a wrong option; 130 after Ctrl-C.`;
