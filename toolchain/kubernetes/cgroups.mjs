// The control groups of a node's pods: made before its kubelet starts, emptied and removed when the node goes.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sleep } from "../process.mjs";
import { signal } from "./processes.mjs";

const ROOT = "/sys/fs/cgroup";

/** @param {string} root @returns {string[]} The roots of all hierarchies: one for version 2, one per controller for version 1. */
export function hierarchies(root = ROOT) {
  if (existsSync(join(root, "cgroup.controllers"))) return [root];
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((path) => statSync(path).isDirectory());
}

/**
 * @param {string} cgroup Path below each hierarchy's root.
 * @param {string} [root]
 */
export function makeCgroup(cgroup, root = ROOT) {
  for (const hierarchy of hierarchies(root)) {
    let folder = hierarchy;
    for (const name of cgroup.split("/").filter(Boolean)) {
      const parent = folder;
      folder = join(folder, name);
      mkdirSync(folder, { recursive: true });
      if (hierarchy === root) delegate(parent);
      // Of version 1: a new group may use no processor and no memory node until told which.
      for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        const inherited = join(parent, file);
        if (hierarchy !== root && existsSync(join(folder, file)) && existsSync(inherited))
          writeFileSync(join(folder, file), readFileSync(inherited));
      }
    }
  }
}

/** Hands a group's controllers down to its children. @param {string} folder */
function delegate(folder) {
  const wanted = ["cpu", "memory", "pids", "cpuset", "io"];
  const there = readFileSync(join(folder, "cgroup.controllers"), "utf8").trim().split(" ");
  const given = wanted.filter((name) => there.includes(name)).map((name) => `+${name}`);
  if (given.length > 0) writeFileSync(join(folder, "cgroup.subtree_control"), given.join(" "));
}

/** @param {string} folder @returns {string[]} The folder and all below, the deepest first. */
function tree(folder) {
  /** @type {import("node:fs").Dirent[]} */
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    // The group went meanwhile: whoever made it takes it away while it is looked at.
    if (["ENOENT", "ENODEV"].includes(/** @type {NodeJS.ErrnoException} */ (error).code ?? "")) return [];
    throw error;
  }
  return [...entries.filter((entry) => entry.isDirectory()).flatMap((entry) => tree(join(folder, entry.name))), folder];
}

/** @param {string} cgroup @param {string} root @returns {number[]} Processes in it and below, in any hierarchy. */
function members(cgroup, root) {
  const found = new Set();
  for (const folder of hierarchies(root).flatMap((hierarchy) => tree(join(hierarchy, cgroup)))) {
    try {
      for (const pid of readFileSync(join(folder, "cgroup.procs"), "utf8").split("\n").filter(Boolean)) found.add(Number(pid));
    } catch {
      // The group went meanwhile.
    }
  }
  return [...found];
}

/**
 * Ends everything in a control group at once, without asking: as a machine goes that loses its power.
 *
 * @param {string} cgroup
 * @param {string} [root]
 */
export async function killCgroup(cgroup, root = ROOT) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const pids = members(cgroup, root);
    if (pids.length === 0) return;
    for (const pid of pids) signal(pid, "SIGKILL");
    await sleep(50);
  }
}

/** @param {string} cgroup @param {string} [root] */
export function removeCgroup(cgroup, root = ROOT) {
  const parent = dirname(cgroup);
  for (const hierarchy of hierarchies(root)) {
    for (const folder of [...tree(join(hierarchy, cgroup)), ...(parent === "/" ? [] : [join(hierarchy, parent)])]) {
      try {
        rmdirSync(folder);
      } catch {
        // Another node's group is still in it, or the kernel has not let go of a member; what is left is empty and harmless.
      }
    }
  }
}
