export * from "./types";
export * from "./quantity";
export * from "./defaults";
export * from "./merge";
export * from "./validate";
