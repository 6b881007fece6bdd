export { copyPipeline, type Edit, type PipelineCopy } from "./pipeline-copy.js";
