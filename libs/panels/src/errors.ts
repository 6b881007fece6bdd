export type PanelErrorCode = "INVALID_PANEL" | "UNKNOWN_MACRO" | "UNKNOWN_VARIABLE" | "WRONG_ROW";

/** A panel that can't be defined so, SQL that can't be expanded, or rows that aren't the panel's. */
export class PanelError extends Error {
  override readonly name = "PanelError";
  readonly code: PanelErrorCode;

  constructor(code: PanelErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export function invalidPanel(id: string, problem: string): PanelError {
  return new PanelError("INVALID_PANEL", `The panel ${JSON.stringify(id)} ${problem}.`);
}

export function unknownMacro(name: string): PanelError {
  return new PanelError(
    "UNKNOWN_MACRO",
    `Grafana's Postgres plugin has no macro $${name}, or this lib doesn't expand it.`,
  );
}

export function unknownVariable(name: string): PanelError {
  return new PanelError("UNKNOWN_VARIABLE", `The SQL names $${name}, for which no value was given.`);
}

export function wrongRow(id: string, column: string, received: unknown, expected: string): PanelError {
  return new PanelError(
    "WRONG_ROW",
    `The panel ${JSON.stringify(id)} has a row whose ${column} is ${JSON.stringify(received) ?? String(received)}: expected ${expected}.`,
  );
}
