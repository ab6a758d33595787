import { defineRule } from "../core/rule";

export const swapRule = defineRule({
  id: "resources-swap",
  group: "resources",
  title: "A container with a memory limit may not swap beyond it.",
  severity: "low",
  why: "Without memorySwap a container may use as much swap as memory: instead of being restarted it slows down the whole host.",
  fix: "Set memorySwap to the memory limit.",
  example: `memory: 256, memorySwap: 256`,
  kinds: ["docker/Container"],
  check({ props, report }) {
    const memory = props.at("memory").number() ?? 0;
    if (memory <= 0) return;
    const swap = props.at("memorySwap").number();
    if (swap === undefined || swap < 0 || swap > memory)
      report(`memory is limited to ${memory} MiB but swap is not`, props.at("memorySwap"));
  },
});
