import type { PipelineEvent, Progress } from "@tidemark/pipeline";
import type { Reporter } from "@tidemark/cli/report";

/** Keeps what a person would see. */
export class Recorder implements Reporter {
  readonly notes: string[] = [];
  last: Progress | undefined;
  note(text: string): void {
    this.notes.push(text);
  }
  on(_event: PipelineEvent): void {}
  progress(): void {}
  finish(progress: Progress): void {
    this.last = progress;
  }
}
