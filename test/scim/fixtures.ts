import { ownSchemas, readSchemaFiles } from "../../src/provisioning/schemaFiles.ts";
import { parseResourceType, parseSchema } from "../../src/scim/definitions.ts";
import { createRegistry, type Registry, type ResourceType } from "../../src/scim/registry.ts";

export const userUrn = "urn:ietf:params:scim:schemas:core:2.0:User";
export const groupUrn = "urn:ietf:params:scim:schemas:core:2.0:Group";
export const enterpriseUrn = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const files = readSchemaFiles(ownSchemas);
export const registry: Registry = createRegistry(files.schemas, files.resourceTypes);
export const user: ResourceType = registry.resourceType("User")!;
export const group: ResourceType = registry.resourceType("Group")!;

export const deviceUrn = "urn:example:params:2.0:Device";
export const labelUrn = "urn:example:x:3.1:Label";

/** A type with one attribute of each kind, mutability and `returned` that User and Group lack. */
export const device: ResourceType = createRegistry(
  [
    parseSchema(
      {
        id: deviceUrn,
        name: "Device",
        attributes: [
          { name: "serial", required: true, mutability: "immutable", caseExact: true },
          { name: "bought", type: "dateTime" },
          { name: "weight", type: "decimal" },
          { name: "slots", type: "integer" },
          { name: "tags", multiValued: true },
          { name: "score", type: "integer", mutability: "readOnly" },
          { name: "secret", mutability: "writeOnly", returned: "never" },
          { name: "log", returned: "request" },
          { name: "seal", returned: "always" },
          {
            name: "owner",
            type: "complex",
            subAttributes: [
              { name: "value" },
              { name: "since", type: "dateTime", mutability: "immutable" },
              { name: "display", mutability: "readOnly" },
              { name: "pin", returned: "never" },
            ],
          },
        ],
      },
      "Device.json",
    ),
    parseSchema(
      {
        id: labelUrn,
        name: "Label",
        attributes: [
          { name: "text", mutability: "immutable" },
          { name: "mark", returned: "always" },
          { name: "color" },
        ],
      },
      "Label.json",
    ),
  ],
  [
    parseResourceType(
      {
        name: "Device",
        endpoint: "/Devices",
        schema: deviceUrn,
        schemaExtensions: [{ schema: labelUrn, required: true }],
      },
      "Device.json",
    ),
  ],
).resourceType("Device")!;
