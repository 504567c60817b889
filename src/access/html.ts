/** HTML by templates whose values are escaped, unless they are HTML themselves. */

/** A piece of HTML that is safe to show. */
export interface Html {
  readonly html: string;
}

type Value = string | number | null | undefined | false | Html | readonly Html[];

/** `html\`<p>${name}</p>\``: what stands in the braces is text. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { html: strings.reduce((all, part, i) => all + render(values[i - 1]) + part) };
}

function render(value: Value): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "string" || typeof value === "number") return escape(String(value));
  return "html" in value ? value.html : value.map((each) => each.html).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
