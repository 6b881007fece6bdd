export type AddressErrorCode = "bad-address" | "bad-connection" | "no-address" | "bad-stack-file" | "no-repository";

/** An address is wrong or can't be found. The message is one sentence or two, holds no password and says what to do. */
export class AddressError extends Error {
  override readonly name = "AddressError";
  readonly code: AddressErrorCode;

  constructor(code: AddressErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
