/** How the story looks in a terminal: chapters, sentences, and the seats as a bar. */

/** The seat numbers as `GET …/seats` answers them; null is unlimited. */
export interface Seats {
  readonly limit: number | null;
  readonly used: number;
  readonly remaining: number | null;
  readonly waiting: number;
}

/** Where the story is told. */
export interface Page {
  readonly chapter: (title: string) => void;
  readonly line: (text?: string) => void;
  readonly seats: (seats: Seats) => void;
  /** Shows how far something is, in a line that is overwritten; nothing where the output is no terminal. */
  readonly progress: (done: number, of: number, what: string) => void;
}

const WIDTH = 50;

export function pageOn(out: NodeJS.WriteStream): Page {
  let chapters = 0;
  const line = (text = ""): void => void out.write(text === "" ? "\n" : `  ${text}\n`);
  return {
    line,
    chapter: (title) => void out.write(`\n${++chapters}. ${title}\n\n`),
    seats: (seats) => line(seatBar(seats)),
    progress: (done, of, what) => {
      if (out.isTTY) out.write(done < of ? `\r  ${bar(done, of)} ${done}/${of} ${what}` : "\r\u001b[K");
    },
  };
}

/** `[█████░░░░░] 25 of 50 seats used, 25 free, nobody waits` */
function seatBar({ limit, used, remaining, waiting }: Seats): string {
  const queue = waiting === 0 ? "nobody waits" : `${waiting} ${waiting === 1 ? "waits" : "wait"}`;
  if (limit === null) return `${used} seats used, no limit, ${queue}`;
  return `[${bar(used, limit)}] ${used} of ${limit} seats used, ${remaining} free, ${queue}`;
}

function bar(done: number, of: number): string {
  const filled = of === 0 ? WIDTH : Math.min(WIDTH, Math.round((done / of) * WIDTH));
  return "█".repeat(filled) + "░".repeat(WIDTH - filled);
}
