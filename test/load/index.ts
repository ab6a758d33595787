export * from "./options";
export * from "./process";
export * from "./reconcile";
export * from "./report";
export { type LoadRun, runLoad } from "./run";
