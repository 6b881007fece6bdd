import type { Level, Threshold } from "@tidemark/panels";
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DynamicConfigValue,
} from "@grafana/grafana-foundation-sdk/dashboard";

/** Names that Grafana has in a light and a dark form. `text` is the ink of the theme. */
const levelColours: Readonly<Record<Level, string>> = {
  neutral: "text",
  good: "green",
  warning: "orange",
  bad: "red",
};

/**
 * One colour per platform, wherever it is a series. Told apart by the colour-blind too: at least 19.9 (CIEDE2000) between
 * any two, also under simulated protanopia, deuteranopia and tritanopia; contrast with a white card at least 3.
 */
export const platformColours: Readonly<Record<string, string>> = {
  Facebook: "#154fac",
  Instagram: "#823b4e",
  Telegram: "#3da38d",
  TikTok: "#de7c00",
  X: "#ac77fa",
};

/** Of what stands for no platform. */
export const accent = "#154fac";

/** Without thresholds of our own Grafana would paint all above 80 red. */
const notJudged: readonly Threshold[] = [{ from: null, level: "neutral" }];

export function thresholds(steps: readonly Threshold[] = notJudged): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps(steps.map(({ from, level }) => ({ value: from, color: levelColours[level] })));
}

/** Of the threshold that the value has reached. */
export function byThresholds(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
}

export function fixed(colour: string): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.Fixed).fixedColor(colour);
}

/** Other series than platforms: the same name has the same colour in every panel. */
export function bySeriesName(): FieldColorBuilder {
  return new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);
}

/** For each platform the properties of the series of its name. */
export const platformOverrides: readonly (readonly [name: string, properties: DynamicConfigValue[]])[] = Object.entries(
  platformColours,
).map(([name, colour]) => [name, [{ id: "color", value: fixed(colour).build() }]]);
