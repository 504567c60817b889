/** `docs/tolerances.md`, made from the tolerances themselves. */
import { tolerances } from "../../src/scim/dialects.ts";

/** The page as Markdown. */
export function tolerancesPage(): string {
  const rows = Object.entries(tolerances).map(
    ([name, { what, source }]) => `| \`${name}\` | ${cell(what)} | ${cell(source)} |`,
  );
  return `# Tolerances

Where real directories depart from RFC 7643 and RFC 7644, and what is forgiven. A SCIM token has a dialect: \`tolerant\` (the default) forgives all
of these; \`rfc\`, RFC 7644 to the letter, and \`interop\`, the interoperability profile draft, forgive none. What was forgiven is in the
[provisioning log](provisioning-log.md) of the request. \`interop\` asks for more in PATCH: each operation has a path, brackets are followed by a
sub-attribute (but in a remove) and choose one value, and replace of a complex value replaces the whole of it. Made from \`src/scim/dialects.ts\` by \`node scripts/pages.mjs\`; a test compares them.

| name | what is forgiven | who sends it, and where that is known from |
| --- | --- | --- |
${rows.join("\n")}
`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
