import type { Builder } from "@grafana/grafana-foundation-sdk/cog";

/** Above the dashboard, where one sees it: the SDK's default is a menu. */
export function shownAbove<Model extends { placement?: unknown }>(builder: Builder<Model>): Builder<Model> {
  return {
    build() {
      const model = { ...builder.build() };
      delete model.placement;
      return model;
    },
  };
}
