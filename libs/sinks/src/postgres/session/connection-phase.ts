/** Errors that servers reported before a session was open. */
const errors = new WeakSet<object>();

/** Remembers that the server reported this before it had opened a session. Returns the error. */
export function markConnectionPhase<E>(error: E): E {
  if (typeof error === "object" && error !== null) errors.add(error);
  return error;
}

/** Whether a server reported this before it had opened a session: then it says nothing about what was to be asked. */
export function isOfConnectionPhase(error: object): boolean {
  return errors.has(error);
}
