// Loaded before a program: sets its wall clock by an hour, back at SIGUSR2 and ahead at SIGUSR1.
const HOUR_MS = 3_600_000;
const realNow = Date.now;
let shiftMs = 0;

Date.now = () => realNow() + shiftMs;
process.on("SIGUSR2", () => {
  shiftMs -= HOUR_MS;
});
process.on("SIGUSR1", () => {
  shiftMs += HOUR_MS;
});
