export * from "./types";
export * from "./quantity";
export * from "./defaults";
export * from "./merge";
export * from "./override";
export * from "./metrics";
export * from "./segments";
export * from "./validate";
