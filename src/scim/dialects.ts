/**
 * Dialects: each departure of a real directory from RFC 7644, named, with its source, so that it is put right in one
 * place, shows in the provisioning log when used, and can be switched off for a token.
 */

/**
 * How much a token forgives: `tolerant` takes what known directories send, and every tolerance below; `rfc` takes RFC 7644
 * to the letter and `interop` the interoperability profile draft (draft-zollner-scim-interop-profile), which is stricter
 * yet. Neither forgives anything.
 */
export type DialectName = "tolerant" | "rfc" | "interop";

/** One tolerance: what is forgiven and who needs it. */
interface Tolerance {
  readonly what: string;
  /** Which directory sends it, and where that is known from (link or thread). */
  readonly source: string;
}

/** Every tolerance by its name; the order is that of the documentation. */
export const tolerances = {
  textJson: {
    what: "A body whose Content-Type is text/json",
    source: "Clients of older frameworks; RFC 7644 §3.1 knows application/scim+json and application/json",
  },
  stringBoolean: {
    what: 'A boolean written as the string "True" or "False" in any case',
    source: "Entra ID without aadOptscim062020; AzureAD/SCIMReferenceCode#21",
  },
  unknownAttribute: {
    what: "An attribute that no schema of the resource type defines: ignored",
    source: "Entra ID's default mapping, kortix-ai/suna#7302; RFC 7644 §3.12 calls it invalidSyntax",
  },
  unknownMember: {
    what: "A member of a group who is no User of the tenant: passed over, the others are taken",
    source: "pulumi/docs#13236, lightdash/lightdash#24455: one bad member failed the whole group",
  },
  missingSchemas: {
    what: "A resource without `schemas`, or without its base schema in it",
    source: "authentik, Infisical/infisical#6940",
  },
  legacySchema: {
    what: "A marker of an older schema in `schemas`: ignored",
    source: "OneLogin, goauthentik/authentik#11249; Entra ID's ADSCIM group marker, entra-docs use-scim-to-provision",
  },
  undeclaredExtension: {
    what: "Values of an extension whose URN is not in `schemas`",
    source: "Entra ID, MicrosoftDocs/azure-docs#65648",
  },
  nestedBaseSchema: {
    what: "Attributes of the base schema under its URN, as if it were an extension",
    source: "Clients of laravel-scim-server, limosa-io/laravel-scim-server#23 and #51",
  },
  qualifiedAttributeName: {
    what: "A dotted or URN-qualified attribute path as a key of a resource or value",
    source: "Entra ID with aadOptscim062020; thomaspoignant/scim-patch#132, RIPAGlobal/scimitar#69",
  },
  unqualifiedExtensionAttribute: {
    what: "An attribute of an extension by its bare name",
    source: "Entra ID, `path: manager` and `attributes=manager`, entra-docs use-scim-to-provision",
  },
  emptyString: {
    what: "An empty string that clears the attribute",
    source: "Entra ID, SCIM_Null_Update of its gallery validation; better-auth#11015",
  },
  oneElementArray: {
    what: "An array of one value (or none) for an attribute that holds one",
    source: "Entra ID, MicrosoftDocs/azure-docs#42220; Azure/AzureAD-BYOA-Provisioning-Samples#22",
  },
  singleForMany: {
    what: "One value without its array for an attribute that holds many",
    source: "Entra ID's SingleAppRoleAssignment, MicrosoftDocs/azure-docs#50772",
  },
  scalarForComplex: {
    what: "A scalar for a complex attribute: its `value`",
    source: "Entra ID, manager as a string; apache/directory-scimple#1242, RIPAGlobal/scimitar#48",
  },
  jsonInString: {
    what: "A complex value as JSON inside a string",
    source: "Entra ID's AppRoleAssignmentsComplex, buildbuddy-io/buildbuddy#10578, jelhub/scimgateway#89",
  },
  filterOnValuePathSubAttribute: {
    what: 'A filter that goes on behind a valuePath: emails[type eq "work"].value eq "x"',
    source: "Entra ID, matching attribute emails; entra-docs use-scim-to-provision-users-and-groups",
  },
  filterOnSingleValue: {
    what: "Brackets behind an attribute that has one value: a path without them, a filter over that value",
    source: "Entra ID with custom mappings, Microsoft Q&A 5746233; python-scim/scim2-server#13",
  },
  operationCase: {
    what: "`op` of PATCH or `method` of Bulk in another case than RFC 7644 writes it: Add, Replace, post",
    source: "Entra ID, entra-docs use-scim-to-provision; thomaspoignant/scim-patch#6, zitadel/zitadel#9282",
  },
  messageKeyCase: {
    what: "`operations`, `Path` and the like in another case than RFC 7644 writes them",
    source: "Small clients and scripts; RFC 7643 §2.1 has attribute names in any case",
  },
  missingPatchSchemas: {
    what: "A PATCH body without `schemas`",
    source: "Small clients, and the PATCH data of Bulk before erratum 5050 of RFC 7644",
  },
  emptyOperations: {
    what: "A PATCH of no operations: nothing changes",
    source: "Entra ID, better-auth 1.7 changelog",
  },
  unknownPath: {
    what: "A PATCH path to an attribute that no schema of the resource type defines: the operation is ignored",
    source: "Entra ID's default mapping, kortix-ai/suna#7302",
  },
  valuePathAsKey: {
    what: 'A valuePath as a key of a path-less value: {"emails[type eq "work"].value": "x"}',
    source: "Entra ID with aadOptscim062020; thomaspoignant/scim-patch#132, SimpleIdServer/SimpleIdServer#494",
  },
  readOnlyInValue: {
    what: "A readOnly attribute among those of a path-less value: ignored",
    source: "Okta's group rename sends `id`, okta-developer-docs scim-20; Metatavu/keycloak-scim-server#100",
  },
  removeWithValue: {
    what: "A remove whose `value` lists the values to remove: only those go",
    source: "Entra ID without aadOptscim062020; AzureAD/SCIMReferenceCode#10, apache/directory-scimple#436",
  },
  valueOfRemove: {
    what: "A remove of one attribute or valuePath that carries a value: the value is ignored",
    source: "Entra ID; AzureAD/SCIMReferenceCode#87",
  },
  removeWithoutMatch: {
    what: "A remove whose filter matches nothing: nothing is there to remove",
    source: "Entra ID and JumpCloud repeat themselves; wso2/product-is#5333, Infisical/infisical#2138",
  },
  createOnNoMatch: {
    what: "An add or replace whose filter matches nothing: a value with the filter's terms is made",
    source: "Entra ID; Captain-P-Goldfish/scim-for-keycloak#73, zitadel/zitadel#9690",
  },
  addNothing: {
    what: "An add of null or an empty string to a single value: clears it",
    source: "Entra ID's clear attribute, SCIM_Null_Update of its gallery validation",
  },
  objectForScalar: {
    what: "An object with `value` (in an array or not) for an attribute that is no object",
    source: "Entra ID, MicrosoftDocs/azure-docs#42220; Azure/AzureAD-BYOA-Provisioning-Samples#22",
  },
  unsortableAttribute: {
    what: "`sortBy` of an attribute that no schema defines, or that has no one value: the list goes by id",
    source: "RFC 7644 §3.4.2.3 leaves sorting to the server; clients of servers without it send any name",
  },
  valuelessElement: {
    what: "A removal of the `value` of one of many values: what is left says nothing and goes too",
    source: 'Entra ID clears emails[type eq "work"].value and means the address; AzureAD/SCIMReferenceCode#87',
  },
} as const satisfies Record<string, Tolerance>;

export type ToleranceName = keyof typeof tolerances;

/** Beginnings of URIs that name schemas of before RFC 7643, as directories still put them in `schemas`. */
export const legacySchemas = ["urn:scim:schemas:", "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/"];

/** The leniency of one request: asks whether a departure is forgiven and remembers that it was. */
export interface Leniency {
  readonly dialect: DialectName;
  /** True if this departure is forgiven; the name is then in `used`. */
  allows(name: ToleranceName): boolean;
  /** Whether it would be, without saying that it was. */
  forgives(name: ToleranceName): boolean;
  /** What was forgiven so far, each name once, in the order of first use. */
  readonly used: readonly ToleranceName[];
}

/** Opens the leniency of one request. */
export function leniency(dialect: DialectName): Leniency {
  const used: ToleranceName[] = [];
  const forgives = (): boolean => dialect === "tolerant";
  const allows = (name: ToleranceName): boolean => {
    if (!forgives()) return false;
    if (!used.includes(name)) used.push(name);
    return true;
  };
  return { dialect, allows, forgives, used };
}
