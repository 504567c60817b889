import { type Chapter, decision, must, should } from "./requirement.ts";

export const replacing: Chapter = {
  title: "Replacing (PUT)",
  requirements: [
    must(
      "RFC 7644 §3.5.1",
      "PUT never creates: 404.",
      "provisioning/users: never creates",
      "provisioning/groups: never creates (404), and refuses a taken name (409) and a missing one (400)",
    ),
    must(
      "RFC 7644 §3.5.1",
      "What is readWrite and not sent is gone, be it left out, null or empty.",
      "provisioning/interop: interop row 44: *",
      "scim/validate: row 44: clears readWrite attributes that are not sent",
      "provisioning/groups: replaces the members, and clears what it does not name",
    ),
    decision(
      "RFC 7644 §3.5.1",
      "`active` is the one default of this server: left out, it stays.",
      "provisioning/seats: a PUT without active, or with null, leaves *",
    ),
    must(
      "RFC 7644 §3.5.1",
      "Without what is required it is 400 and changes nothing.",
      "provisioning/users: without what is required is 400 and changes nothing",
    ),
    must(
      "RFC 7644 §3.5.1",
      "Another value for an immutable attribute is 400 with `mutability`.",
      "scim/validate: refuses another value for an immutable attribute that has one, at the top and in an extension",
    ),
    must(
      "RFC 7644 §3.5.1",
      "readOnly attributes are ignored.",
      "scim/validate: keeps readOnly values",
      "provisioning/interop: interop row 45: *",
    ),
    decision(
      "RFC 7644 §3.5.1",
      "A password that is not sent stays, for nobody could read it to send it back.",
      "provisioning/users: a password that is not sent stays, one that is sent is another",
      "scim/validate: keeps a writeOnly value that is not sent, because nobody could read it to send it back",
    ),
    must(
      "RFC 7644 §3.5.1",
      "The answer is 200 with the whole resource and its new tag.",
      "provisioning/conformance: RFC 7644 §3.5.1: a PUT is answered by the whole resource, which is what GET then answers",
    ),
    decision(
      "RFC 7644 §3.5.1",
      "A PUT of what is there changes nothing: neither version nor time, and no event.",
      "provisioning/users: with what is there already keeps version and lastModified, and tells nothing",
      "provisioning/groups: of what is there changes nothing, neither version nor lastModified",
    ),
  ],
};

export const patching: Chapter = {
  title: "Changing in part (PATCH)",
  requirements: [
    must(
      "RFC 7644 §3.5.2",
      "The body is a PatchOp message with one operation or more, each with one `op` of the three.",
      "scim/patchDialect: needs an object with the PatchOp URN and at least one operation",
      "scim/patchDialect: needs exactly one op of the three",
      "provisioning/badInput: no Operations: invalidSyntax, and the operations before it are undone",
    ),
    decision(
      "RFC 7644 §3.5.2",
      "`op` in any case, keys in any case, a missing `schemas` and an empty list are forgiven by the tolerant dialect alone.",
      "provisioning/interop: interop row 1: *",
      "scim/patchDialect: takes keys in another case, no schemas, and no operations where that is forgiven",
    ),
    decision(
      "RFC 7644 §3.5.2",
      "The tolerant dialect reads keys of a path-less value as paths, and takes only those values away that a remove lists.",
      "provisioning/interop: interop row 11: *",
      "provisioning/interop: interop row 6: *",
      "provisioning/groupsInterop: interop row 6: *",
    ),
    must(
      "RFC 7644 §3.5.2",
      "Operations are applied one after the other.",
      "scim/patch: applies operations one after the other",
      "provisioning/users: carries out the operations one after the other",
      "provisioning/groups: applies operations one after the other: the last word on a member holds",
    ),
    must(
      "RFC 7644 §3.5.2",
      "All of them or none: where one fails, the resource is as it was.",
      "scim/patch: restores the original if a later operation fails",
      "provisioning/badInput: *, and the operations before it are undone",
      "provisioning/groups: are undone with the other operations of a PATCH that fails (RFC 7644 §3.5.2: atomic)",
    ),
    must(
      "RFC 7644 §3.5.2",
      "The answer is 200 with the resource, or 204; with `attributes` or `excludedAttributes` it is 200.",
      "provisioning/groups: answers 204, or 200 with the group where attributes or Prefer ask for it",
      "provisioning/users: * is honoured by POST, GET, PUT, PATCH and lists",
    ),
    must(
      "RFC 7644 §3.5.2.1",
      "add and replace may do without a path: the value then names the attributes.",
      "scim/patch: adds the attributes of a path-less value, as in the RFC's second example",
      "scim/patch: replaces all of several attributes without a path, as in the RFC's example",
      "provisioning/interop: interop row 13: *",
    ),
    must(
      "RFC 7644 §3.5.2.2",
      "remove without a path is 400 with `noTarget`.",
      "scim/patch: fails with noTarget without a path",
    ),
    must(
      "RFC 7644 §3.5.2",
      "A path that is none, or leads nowhere, is 400 with `invalidPath`.",
      "scim/patch: refuses paths that lead nowhere with invalidPath",
      "scim/filter: refuses * as invalidPath",
    ),
    must(
      "RFC 7644 §3.5.2",
      "Paths: an attribute, a sub-attribute, chosen values, a sub-attribute of chosen values, each also by its URN.",
      "scim/filter: reads the RFC's examples",
      "scim/patch: row 17: reads URN-qualified paths, of custom URNs too, in any case",
      "scim/patch: row 19: reads paths that the core URN qualifies",
    ),
    must("RFC 7644 §3.5.2.1", "add needs a value: `invalidValue`.", "scim/patch: needs a value"),
    must(
      "RFC 7644 §3.5.2.1",
      "add to a single value replaces it; to a complex one sets what it names; to many values joins them.",
      "scim/patch: replaces the value of a single-valued attribute",
      "scim/patch: adds sub-attributes of a complex attribute and leaves the others",
      "scim/patch: adds a member to a group, as in the RFC's first example",
    ),
    must(
      "RFC 7644 §3.5.2.1",
      "add of what is there succeeds, and leaves `lastModified` alone.",
      "scim/patch: changes nothing, not even the object, if the value is there already",
      "provisioning/users: * keeps version and lastModified, and tells nothing",
    ),
    must(
      "RFC 7644 §3.5.2.1",
      "add by a filter concerns the values that it chooses.",
      "scim/patch: sets a sub-attribute of the values that a filter chooses",
      "scim/patch: adds to the values that a filter chooses",
    ),
    must(
      "RFC 7644 §3.5.2.2",
      "remove of a single value unassigns it; of many, all of them; by a filter, those that it chooses, and with the last one the attribute.",
      "scim/patch: unassigns a single-valued attribute",
      "scim/patch: row 7: unassigns all values of a multi-valued attribute without a filter",
      "scim/patch: removes the values that a filter chooses, as in the RFC's example of a member",
      "scim/patch: unassigns the attribute when no values remain",
    ),
    must(
      "RFC 7644 §3.5.2.2",
      "remove of what is never shown unassigns it too: a password that is removed opens nothing any more.",
      "access/passwordRemoved: by remove: nobody signs in by it, and the sessions that it opened end",
      "access/passwordRemoved: by replace with null: nobody signs in by it, and the sessions that it opened end",
    ),
    must(
      "RFC 7644 §3.5.2.2",
      "remove of a sub-attribute of chosen values leaves the values.",
      "scim/patch: removes a sub-attribute of the values that a filter chooses, and leaves them",
    ),
    must(
      "RFC 7644 §3.5.2.2",
      "remove of what is required or readOnly is 400 with `mutability`.",
      "scim/patch: fails with mutability for what is required",
      "provisioning/badInput: a removal of userName: mutability, and the operations before it are undone",
    ),
    must(
      "RFC 7644 §3.12",
      "A filter that chooses nothing is 400 with `noTarget`, to the letter of the RFC.",
      "scim/patch: fails with noTarget where the filter matches nothing (RFC 7644 §3.12)",
      "scim/patch: fails with noTarget where the filter matches nothing",
    ),
    decision(
      "RFC 7644 §3.12",
      "The tolerant dialect makes the value that a filter does not find, and takes a remove of nothing for done.",
      "provisioning/interop: interop row 8: *",
      "provisioning/groupsInterop: interop row 58: *",
    ),
    must(
      "RFC 7644 §3.5.2.3",
      "replace of what is absent adds it; of a complex value sets what it names; of many, swaps the whole set.",
      "scim/patch: adds what is not there",
      "scim/patch: replaces the sub-attributes of a complex attribute that the value names",
      "scim/patch: replaces all members, as in the RFC's example",
    ),
    must(
      "RFC 7644 §3.5.2.3",
      "replace by a filter concerns every value that it chooses, whole or in the sub-attribute.",
      "scim/patch: replaces the value that a filter chooses, as in the RFC's example of an address",
      "scim/patch: replaces several chosen values by one, for equal values are one",
      "scim/patch: replaces a sub-attribute of the values that a filter chooses, as in the RFC's example",
    ),
    must(
      "RFC 7644 §3.5.2",
      "readOnly attributes, and immutable ones that have a value, are 400 with `mutability`.",
      "scim/patch: refuses readOnly attributes with mutability",
      "scim/patch: sets an immutable attribute while it is unassigned, and refuses to change it after",
      "scim/patch: refuses to remove an extension with an immutable attribute that has a value",
    ),
    must(
      "RFC 7644 §3.5.2",
      "A value that becomes primary makes the others not so; two at once are 400 with `invalidValue`.",
      "scim/patch: sets the other primaries to false where a value becomes primary",
      "provisioning/users: makes a new primary value the only one",
      "provisioning/users: refuses two primary values at once",
    ),
    must(
      "RFC 7644 §3.5.2",
      "An extension comes with its first value and goes with its last, and its URN in `schemas` with it.",
      "scim/patch: row 18: makes an extension that is absent, with its URN in schemas, and takes both away with its last attribute",
      "provisioning/users: takes a whole extension away",
    ),
    must(
      "RFC 7644 §3.5.2",
      "What comes of it is a valid resource, or it is 400 with `invalidValue`.",
      "scim/patch: refuses values of another type, naming the path",
      "provisioning/badInput: a blank userName: invalidValue, and the operations before it are undone",
      "scim/patchProperties: fails with nothing but a Refusal, by PATCH or by the validation of its outcome, whatever the body",
    ),
    must(
      "RFC 7644 §3.5.2",
      "What is unique stays so: 409.",
      "provisioning/users: the userName of someone else is 409 uniqueness in POST, PUT and PATCH, whatever its case",
    ),
    must(
      "RFC 7644 §3.5.2",
      "add, remove and replace do to every kind of attribute, by every form of path, what the RFC's plainest reading says.",
      "scim/patchProperties: does to every kind of attribute, by every form of path, what a naive reference does",
      "scim/patchProperties: does to single values what the RFC says in its plainest form",
      "scim/patchProperties: add is idempotent",
    ),
  ],
};

export const deleting: Chapter = {
  title: "Deleting (DELETE)",
  requirements: [
    must(
      "RFC 7644 §3.6",
      "204, and from then on every method is 404.",
      "provisioning/users: answers 204, and from then on every verb 404",
    ),
    must(
      "RFC 7644 §3.6",
      "What is deleted is in no list, no total and no group.",
      "provisioning/users: takes the user out of lists and totals, and frees the userName for another id",
      "provisioning/groups: leaves them on deletion, which changes their version (RFC 7644 §3.6)",
    ),
    should(
      "RFC 7644 §3.6",
      "What is deleted is no conflict: its `userName` is free.",
      "provisioning/users: takes the user out of lists and totals, and frees the userName for another id",
    ),
    decision(
      "RFC 7644 §3.6",
      "References to what is deleted go with it.",
      "provisioning/interop: interop row 43: *",
      "provisioning/groups: goes on being there when the group is deleted (RFC 7644 §3.6)",
    ),
  ],
};
