/** Preloaded (`node --import`): all that this process asks for the time is told one that is TIDEMARK_CLOCK_HOURS off. */
const TrueDate = Date;
const offMs = Number(process.env["TIDEMARK_CLOCK_HOURS"]) * 3_600_000;
const now = (): number => TrueDate.now() + offMs;

globalThis.Date = new Proxy(TrueDate, {
  apply: () => new TrueDate(now()).toString(),
  construct: (target, args: unknown[], newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
  get: (target, key) => (key === "now" ? now : (Reflect.get(target, key) as unknown)),
});
