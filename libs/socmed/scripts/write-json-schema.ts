/** Writes scenario.schema.json: `node --conditions=@tidemark/source --import tsx scripts/write-json-schema.ts` */
import { writeFileSync } from "node:fs";
import { scenarioJsonSchema } from "../src/scenario/json-schema.js";

const file = new URL("../scenario.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(scenarioJsonSchema(), undefined, 2)}\n`);
