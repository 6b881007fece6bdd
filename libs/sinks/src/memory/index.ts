export { createMemorySink, type MemorySinkOptions } from "./memory-sink.js";
export { createMemoryStore, type MemoryStore } from "./memory-store.js";
