/** Something the machine lacks, said so that a person can act on it. The message is meant to be printed without a stack trace. */
export class ToolchainError extends Error {
  /**
   * @param {string} message What is missing and how to get it.
   * @param {ErrorOptions} [options]
   */
  constructor(message, options) {
    super(message, options);
    this.name = "ToolchainError";
  }
}
