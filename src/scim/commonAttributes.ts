/** The attributes of every resource (RFC 7643 §3.1), which no schema lists; the registry adds them to each type. */
import type { Attribute } from "./types.ts";

const plain = {
  type: "string",
  multiValued: false,
  required: false,
  caseExact: true,
  mutability: "readOnly",
  returned: "default",
  uniqueness: "none",
} as const;

/** `schemas`, `id`, `externalId` and `meta` in the form of RFC 7643 §7. */
export const commonAttributes: readonly Attribute[] = [
  {
    ...plain,
    name: "schemas",
    type: "reference",
    referenceTypes: ["uri"],
    multiValued: true,
    required: true,
    returned: "always",
    description: "The schemas that the resource follows.",
  },
  {
    ...plain,
    name: "id",
    required: true,
    returned: "always",
    uniqueness: "server",
    description: "The identifier that this server gave the resource.",
  },
  {
    ...plain,
    name: "externalId",
    mutability: "readWrite",
    description: "The identifier that the directory gave the resource.",
  },
  {
    ...plain,
    name: "meta",
    type: "complex",
    description: "What this server knows of the resource itself.",
    subAttributes: [
      { ...plain, name: "resourceType", description: "The name of the resource's type." },
      { ...plain, name: "created", type: "dateTime", description: "When the resource was added." },
      { ...plain, name: "lastModified", type: "dateTime", description: "When the resource last changed." },
      {
        ...plain,
        name: "location",
        type: "reference",
        referenceTypes: ["uri"],
        description: "The address of the resource.",
      },
      { ...plain, name: "version", description: "The version of the resource; the same as its ETag." },
    ],
  },
];
