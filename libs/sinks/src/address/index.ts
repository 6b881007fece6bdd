export { type PostgresEndpoint } from "./endpoint.js";
export { completeAddress, describeAddress, parseAddress, type PostgresAddress } from "./parse-address.js";
export { readAddressText } from "./read-text.js";
export { type SslMode, type TlsSettings } from "./tls.js";
