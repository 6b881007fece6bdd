/** A rate or violation that cannot be defined so. */
export class DefinitionError extends Error {
  readonly code = "INVALID_DEFINITION";
  override readonly name = "DefinitionError";
}

/** The definition `kind` `name` has a `property` that is not `expected`. */
export function invalidDefinition(
  kind: string,
  name: string,
  property: string,
  received: unknown,
  expected: string,
): DefinitionError {
  return new DefinitionError(
    `The ${kind} ${JSON.stringify(name)} has ${property} ${JSON.stringify(received) ?? String(received)}: give ${expected}.`,
  );
}
