import { invalidDefinition } from "./errors.js";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

// Postgres cuts identifiers at 63 bytes; "_count" must still fit behind a rate's name.
const MAX_IDENTIFIER_LENGTH = 57;

/** @throws DefinitionError where the text is no identifier that fits into a column's name. */
export function checkIdentifier(kind: string, name: string, property: string, text: string): void {
  if (!IDENTIFIER.test(text) || text.length > MAX_IDENTIFIER_LENGTH) {
    const expected = `1..${MAX_IDENTIFIER_LENGTH} letters, digits or underscores that do not begin with a digit`;
    throw invalidDefinition(kind, name, property, text, expected);
  }
}

/** @throws DefinitionError where the text is blank. */
export function checkText(kind: string, name: string, property: string, text: string): void {
  if (text.trim() === "") throw invalidDefinition(kind, name, property, text, "some text");
}
