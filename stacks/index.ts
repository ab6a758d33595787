import { loadEnvironment } from "./configuration";
import { deploy } from "./deployment";
import { keepStackTracesPrintable, withoutStackTrace } from "./stack-traces";

keepStackTracesPrintable();

/** The program of every stack: configuration → Environment → tiers. Its exports are the stack's outputs. */
export = async () => {
  try {
    return await deploy(loadEnvironment());
  } catch (error) {
    throw withoutStackTrace(error);
  }
};
