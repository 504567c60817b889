/** `docs/tolerances.md`, made from the tolerances themselves. */
import { tolerances, type DialectName } from "../../src/scim/dialects.ts";

interface Shown {
  readonly what: string;
  readonly source: string;
  readonly dialects?: readonly DialectName[];
}

/** The page as Markdown. */
export function tolerancesPage(): string {
  const rows = Object.entries(tolerances as Readonly<Record<string, Shown>>).map(
    ([name, { what, source, dialects = ["tolerant"] }]) =>
      `| \`${name}\` | ${cell(what)} | ${dialects.join(", ")} | ${cell(source)} |`,
  );
  return `# Tolerances

Where real directories depart from RFC 7643 and RFC 7644, and what is forgiven. A SCIM token has a dialect: \`tolerant\` (the default) forgives all
of these, \`rfc\` and \`interop\` only those that name them. Made from \`src/scim/dialects.ts\` by \`node scripts/pages.mjs\`; a test compares them.

| name | what is forgiven | by which dialects | who sends it, and where that is known from |
| --- | --- | --- | --- |
${rows.join("\n")}
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
