/** Prometheus metrics of this process. No label names a tenant or a person, so their number stays bounded. */
import { collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** Takes the measure of one answered request; `url` is its path, `seconds` its duration. */
export type Observe = (url: string, method: string, status: number, seconds: number) => void;

export interface Metrics {
  readonly registry: Registry;
  readonly observe: Observe;
}

const SURFACES = [
  ["/scim/", "scim"],
  ["/api/", "api"],
  ["/sso/", "sso"],
  ["/oidc/", "oidc"],
] as const;
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The metrics of one server: those of the process, and the duration of requests by surface, method and status class. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: "usher_http_request_duration_seconds",
    help: "Time from the arrival of a request to the end of its answer",
    labelNames: ["surface", "method", "status"],
    buckets: BUCKETS,
    registers: [registry],
  });
  const series = new Map<string, { observe(seconds: number): void }>();
  const observe: Observe = (url, method, status, seconds) => {
    const labels = [surfaceOf(url), METHODS.has(method) ? method : "other", classOf(status)];
    const key = labels.join(" ");
    let one = series.get(key);
    if (!one) {
      one = duration.labels(...labels);
      series.set(key, one);
    }
    one.observe(seconds);
  };
  return { registry, observe };
}

function surfaceOf(url: string): string {
  for (const [prefix, surface] of SURFACES) if (url.startsWith(prefix)) return surface;
  return "other";
}

function classOf(status: number): string {
  return `${Math.floor(status / 100)}xx`;
}
