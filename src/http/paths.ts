/** Finds what answers at a path by one walk down a tree: express asks the pattern of each route in turn. */
import findMyWay from "find-my-way";

/** What was found at a path. */
interface Found<T> {
  readonly what: T;
  /** As it was added. */
  readonly pattern: string;
  /** Values of the pattern's names, decoded. */
  readonly params: Readonly<Record<string, string | undefined>>;
}

/** Patterns as `/Users/:id`, and what is there. Neither case nor a slash at the end tells paths apart; no name is empty. */
export interface Paths<T> {
  add(pattern: string, what: T): void;
  /** Undefined also for a malformed percent-encoding. */
  find(path: string): Found<T> | undefined;
}

/** A name's value is never too long to be answered: its refusal says what was wrong with it. */
const ANY_LENGTH = 100_000;

/** An empty tree. */
export function paths<T>(): Paths<T> {
  const tree = findMyWay({ caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: ANY_LENGTH });
  return {
    // Methods are for whoever is found: a path that has not this one is another refusal than a path that is none.
    add: (pattern, what) => tree.on("GET", pattern, () => {}, { what, pattern }),
    find: (path) => {
      const found = tree.find("GET", path);
      if (found === null || Object.values(found.params).includes("")) return undefined;
      const { what, pattern } = found.store as Pick<Found<T>, "what" | "pattern">;
      return { what, pattern, params: found.params };
    },
  };
}
