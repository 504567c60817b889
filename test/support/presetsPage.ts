/** `docs/presets.md`, made from the presets. */
import { beginning, presetNames, presets, type Preset, type PresetName } from "../../src/directory/tenants/presets.ts";

/** The page as Markdown. */
export function presetsPage(): string {
  return `# Presets

Products sell seats in different ways. \`POST /api/v1/tenants\` takes the name of one as \`preset\`, and the tenant begins with what stands here; what the
same call says of \`settings\` and \`seatLimit\` holds over it. A preset is a beginning and no more: everything it gives is changed like what was made by
hand, and a later change of a preset reaches no tenant.

\`\`\`sh
curl -X POST "$USHER/api/v1/tenants" -H "Authorization: Bearer $OPERATOR_KEY" -H 'Content-Type: application/json' \\
  -d '{ "slug": "acme", "name": "Acme", "plan": "pro", "preset": "seat-by-role" }'
\`\`\`

How many seats there are, and how many invitations may be mailed, is the plan's. The areas of permissions that a preset's roles and toggles are made of
are declared for all tenants where they are missing, and nothing declared is taken away. \`GET /api/v1/presets\` has all of this as data. Made from the
presets by \`node scripts/pages.mjs\`; a test fails where this page and they differ.

${presetNames.map((name) => section(name)).join("\n")}`;
}

function section(name: PresetName): string {
  const { seatLimit, settings, roles, permissionAreas } = beginning(name);
  const facts = [
    ...(seatLimit === null ? ["Seats: unlimited, whatever the plan, unless the call says `seatLimit`."] : []),
    ...roles.map(ofRole),
    ...(roles.length === 0 ? ["Roles: the built-in ones."] : []),
    ...Object.entries(permissionAreas).map(([area, { actions, scoped }]) => {
      return `Area \`${area}\`: ${actions.join(", ")}${scoped ? "; also on single ones" : ""}.`;
    }),
  ];
  return `## ${name}

${presets[name].description}

${facts.map((fact) => `- ${fact}`).join("\n")}

\`\`\`json
${JSON.stringify({ settings }, null, 2)}
\`\`\`
`;
}

function ofRole({ slug, permissions, extends: parent, seatRequired, template }: Preset["roles"][number]): string {
  const kind = template ? "Template" : "Role";
  const seat = template ? "" : seatRequired ? ", takes a seat" : ", takes no seat";
  const own =
    permissions.length === 0 ? "no permissions of its own" : permissions.map((one) => `\`${one}\``).join(", ");
  return `${kind} \`${slug}\`${parent === null ? "" : `, extends \`${parent}\``}${seat}: ${own}.`;
}
