/** `failed`: the work failed or was cut short. `usage`: an option, a variable or an address is wrong. */
export const EXIT_CODES = { ok: 0, failed: 1, usage: 2 } as const;

/** The exit codes of a program that a signal ended: 128 and the signal's number, as shells report it. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
