import type { Annotation } from "@tidemark/panels";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { AnnotationQueryBuilder, type AnnotationQuery } from "@grafana/grafana-foundation-sdk/dashboard";
import { datasourceRef, postgresQuery } from "./postgres-query.js";
import { shownAbove } from "./placement.js";

/** Marks on the time axis of every series, with a switch above the dashboard. */
export function buildAnnotation({ name, sql }: Annotation): Builder<AnnotationQuery> {
  return shownAbove(
    new AnnotationQueryBuilder()
      .name(name)
      .datasource(datasourceRef)
      .enable(true)
      .iconColor("orange")
      .target(postgresQuery(sql, "table")),
  );
}
