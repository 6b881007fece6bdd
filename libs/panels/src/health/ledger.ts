import { lateBuckets, pipelineHealth as health } from "@tidemark/sinks/tables";
import { sql } from "drizzle-orm";
import { count, percent, text, time } from "../column.js";
import { definePanel } from "../panel.js";
import { isPipeline } from "../pipeline.js";
import { pointOf } from "../resolution.js";
import { isTopic } from "../variables.js";
import { verdictPointWidth, type VerdictSource } from "./verdicts.js";

const byArrival = "By the time at which the records came to Kafka.";

/** `pipeline` is its name. */
export const createLedger = (pipeline: string) =>
  definePanel({
    id: "ledger",
    title: "Row ledger",
    question: "What became of every record that was read?",
    description:
      "Since the first checkpoint, over all partitions: read = counted + duplicate + late + quarantined + rejected + refused. Refused are " +
      "events whose row a constraint of the database refused. Skipped and lost are offsets that held no record when the pipeline " +
      "came to them. The share is of the records read.",
    show: { kind: "table" },
    columns: {
      kind: text("Verdict", sql`kind`),
      records: count("Records", sql`records`),
      share: percent("Of those read", sql`case when place <= 6 then records / nullif(read, 0)::float8 * 100 end`),
    },
    from: sql`from (
  select sum(${health.read}) as read, sum(${health.counted}) as counted, sum(${health.duplicate}) as duplicate,
    sum(${health.late}) as late, sum(${health.quarantined}) as quarantined, sum(${health.rejected}) as rejected,
    sum(${health.refused}) as refused, sum(${health.skipped}) as skipped, sum(${health.lost}) as lost
  from ${health}
  where ${isPipeline(health.pipeline, pipeline)} and ${isTopic(health.topic)}
  having count(*) > 0
) as totals
cross join lateral (values
  (0, 'read', read), (1, 'counted', counted), (2, 'duplicate', duplicate), (3, 'late', late),
  (4, 'quarantined', quarantined), (5, 'rejected', rejected), (6, 'refused', refused), (7, 'skipped', skipped), (8, 'lost', lost)
) as kinds (place, kind, records)
order by place`,
    variables: ["topic"],
    noData: "No checkpoint has been written yet.",
  });

export const createLedgerOverTime = ({ verdicts, fromVerdictsOfSeries }: VerdictSource) =>
  definePanel({
    id: "ledger-over-time",
    title: "Row ledger over time",
    question: "When did which verdicts come?",
    description: `Records by verdict. ${byArrival}`,
    show: { kind: "time-series", value: "records", style: "stacked-bars" },
    columns: {
      time: time("Time", pointOf(verdicts.window_start, verdictPointWidth)),
      metric: text("Verdict", sql`${verdicts.verdict}`),
      records: count("Records", sql`sum(${verdicts.records})`),
    },
    from: sql`${fromVerdictsOfSeries}
group by 1, 2
order by 1, 2`,
    variables: ["topic"],
    minIntervalMs: 60_000,
    noData: "No record came in this time range.",
  });

const bucketList = sql.join(
  lateBuckets.map((bucket, place) => sql`(${sql.raw(`${place}`)}, ${bucket.text})`),
  sql.raw(", "),
);

export const createLateByHowMuch = ({ verdicts, fromVerdicts }: VerdictSource) =>
  definePanel({
    id: "late-by-how-much",
    title: "Late by how much",
    question: "By how much did late events miss their window?",
    description: `How far the watermark had passed the end of their window, allowed lateness included. ${byArrival}`,
    show: { kind: "bar-chart", name: "missed_by", value: "records" },
    columns: {
      missed_by: text("Missed by", sql`buckets.missed_by`),
      records: count("Records", sql`coalesce(late.records, 0)`),
    },
    with: sql`with late as (
  select ${verdicts.detail} as missed_by, sum(${verdicts.records}) as records
  ${fromVerdicts}
    and ${verdicts.verdict} = 'late'
  group by 1
)`,
    from: sql`from (values ${bucketList}) as buckets (place, missed_by)
left join late on late.missed_by = buckets.missed_by
where exists (select from late)
order by place`,
    variables: ["topic"],
    noData: "No event was late in this time range.",
  });

export const createRejectsByReason = ({ verdicts, fromVerdicts }: VerdictSource) =>
  definePanel({
    id: "rejects-by-reason",
    title: "Rejects by reason",
    question: "Why were records rejected or refused?",
    description:
      "Rejected, quarantined and refused records: future is an event further ahead of its record than the allowed skew, refused one " +
      `whose row a constraint of the database refused. ${byArrival}`,
    show: { kind: "bar-chart", name: "reason", value: "records" },
    columns: {
      reason: text("Reason", sql`reason`),
      records: count("Records", sql`sum(records)`),
    },
    from: sql`from (
  select case when ${verdicts.verdict} = 'refused' then 'refused' else ${verdicts.detail} end as reason, ${verdicts.records} as records
  ${fromVerdicts}
    and ${verdicts.verdict} in ('rejected', 'quarantined', 'refused')
) as reasons
group by reason
order by sum(records) desc, reason collate "C"`,
    variables: ["topic"],
    noData: "No record was rejected or refused in this time range.",
  });
