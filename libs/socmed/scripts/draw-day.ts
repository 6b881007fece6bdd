/** Writes docs/day.svg: `node --conditions=@tidemark/source --import tsx scripts/draw-day.ts` */
import { writeFileSync } from "node:fs";
import { gatherDay } from "./day-figures.js";
import { drawDay } from "./day-picture.js";

writeFileSync(new URL("../docs/day.svg", import.meta.url), drawDay(gatherDay()));
