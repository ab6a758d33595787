export * from "./options";
export { AppTier } from "./tier";
