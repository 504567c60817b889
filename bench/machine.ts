/** What the bench knows of the machine: which cores it may use, and how much CPU time a process took (Linux). */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The cores of each part, as `taskset -c` takes them; null = the machine's own choice. */
export interface Cores {
  readonly server: string;
  readonly rest: string;
}

/** USER_HZ: 100 on every Linux architecture that Node.js runs on. */
const TICK_MS = 10;

/**
 * Puts this process, and PostgreSQL as its child, on all cores but one, which is left to the server under test.
 *
 * @returns null where there is one core only or no taskset
 */
export function pinToCores(): Cores | null {
  const [server, ...rest] = allowedCores();
  if (server === undefined || rest.length === 0) return null;
  try {
    execFileSync("taskset", ["-a", "-p", "-c", rest.join(","), String(process.pid)], { stdio: "ignore" });
    return { server: String(server), rest: rest.join(",") };
  } catch {
    return null;
  }
}

/** Of /proc/self/status, for instance `Cpus_allowed_list: 0-3,8`. */
function allowedCores(): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readProc("/proc/self/status"))?.[1] ?? "";
  return list.split(",").flatMap((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: Math.max(0, last - first + 1) || 0 }, (_, i) => first + i);
  });
}

/** User and system CPU time of one process, in milliseconds; NaN where /proc does not tell. */
export function cpuOf(pid: number): number {
  const [utime, stime] = fieldsOf(pid).slice(11, 13).map(Number);
  return ((utime ?? NaN) + (stime ?? NaN)) * TICK_MS;
}

/** The same of a process and its children, those that have ended too: a postmaster and its connections. */
export function cpuOfFamily(pid: number): number {
  const children = readdirSync("/proc").filter((name) => /^\d+$/.test(name) && fieldsOf(Number(name))[1] === `${pid}`);
  const [userOfEnded, systemOfEnded] = fieldsOf(pid).slice(13, 15).map(Number);
  const ended = ((userOfEnded ?? NaN) + (systemOfEnded ?? NaN)) * TICK_MS;
  return children.reduce((sum, each) => sum + (cpuOf(Number(each)) || 0), cpuOf(pid) + ended);
}

/** Fields of /proc/<pid>/stat from the third, the state, on: the second holds a name in brackets. */
function fieldsOf(pid: number): string[] {
  const stat = readProc(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

function readProc(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
