import { type Chapter, decision, may, must, should } from "./requirement.ts";

export const bulk: Chapter = {
  title: "Bulk",
  requirements: [
    must(
      "RFC 7644 §3.7",
      "The body is a BulkRequest; each operation has a method and a path, each POST a `bulkId`.",
      "scim/bulk: is read with method, bulkId, version, path and data of each operation",
      "scim/bulk: with * is refused as a whole with invalidSyntax",
      "provisioning/bulk: that are amiss in themselves are refused in their own result",
    ),
    must(
      "RFC 7644 §3.7.3",
      "The job is 200; each operation that was carried out has a result with method, location, bulkId, version and a status that is a string.",
      "provisioning/bulk: create, replace, change and delete, with results in the order of the request",
      "provisioning/bulk: tell versions that the resources have, of groups too",
    ),
    must(
      "RFC 7644 §3.7.3",
      "A result that is no success holds the error; a POST that failed has no location.",
      "provisioning/bulk: fail each for itself: the others are carried out",
      "provisioning/conformance: RFC 7644 §3.7.3: the result of an operation that failed is a SCIM error, and a failed POST has no location",
    ),
    must(
      "RFC 7644 §3.7.3",
      "After `failOnErrors` errors it ends, and what was not carried out is not reported; without it all are.",
      "provisioning/bulk: end when failOnErrors have failed; what was not carried out is not reported",
    ),
    must(
      "RFC 7644 §3.7.2",
      "`bulkId:x` stands for the id of what that operation created, in data and path, back and forward.",
      "provisioning/bulk: forward and back, in members, manager, path and PATCH, stand for the id of what was created",
      "scim/bulk: are replaced wherever a value is one: members, managers, $ref, values of PATCH, any depth",
    ),
    must(
      "RFC 7644 §3.7.1",
      "References in a circle are resolved where they can be, and 409 where not.",
      "provisioning/bulk: in a circle of managers are all there in the end",
      "provisioning/bulk: in a circle stand or fall together: 409 for those that had no fault of their own, and nothing is left",
    ),
    must(
      "RFC 7644 §3.7",
      "A `bulkId` is there once.",
      "scim/bulk: with a bulkId that is there twice is refused with invalidValue: it must be unique within the request",
    ),
    must(
      "RFC 7644 §3.7.4",
      "Too many operations or too large a body are 413, and `detail` tells the limit; a body of unknown length is no way around it.",
      "provisioning/bulk: are told by /ServiceProviderConfig and kept to the last: 413 with the limit in the detail, and no change",
      "provisioning/bulk: hold for a body of chunks whose length nobody said",
    ),
    should(
      "RFC 7644 §3.7",
      "`version` of an operation is its If-Match.",
      "provisioning/bulk: compare `version` as If-Match (RFC 7644 §3.14), and take no header of the whole for their own",
    ),
    decision(
      "RFC 7644 §3.7",
      "Each operation is a transaction of its own: what fails changes nothing, and the others stand.",
      "provisioning/bulk: fail each for itself: the others are carried out",
    ),
    decision(
      "RFC 7644 §3.7",
      "PATCH in Bulk carries a PatchOp (erratum 5050); the bare array of the RFC's example is forgiven.",
      "provisioning/bulk: want the message of PATCH as data by the letter, and forgive the bare array of §3.7.3 (erratum 5050)",
    ),
    decision(
      "RFC 7644 §3.7",
      "Methods and keys in another case are forgiven by the tolerant dialect.",
      "scim/bulk: has keys and methods in any case where that is forgiven",
    ),
    must(
      "RFC 7644 §2",
      "Bulk reaches nothing that a single request would not.",
      "provisioning/bulk: reach no resource of another tenant, by path or by reference",
    ),
  ],
};

export const versions: Chapter = {
  title: "Versions",
  requirements: [
    must(
      "RFC 7644 §3.14",
      "The ETag is a header, and `meta.version` the same.",
      "provisioning/etag: are the same in ETag, in meta.version and in lists, after every kind of write",
      "provisioning/conformance: RFC 7643 §3.1: meta.version is the ETag of every answer that shows a resource",
    ),
    must(
      "RFC 7644 §3.14",
      "If-None-Match with the current version is 304 with the tag and no body.",
      "provisioning/users: If-None-Match of the current version is 304 with the tag and no body",
      "provisioning/etag: answer 304 to a GET that knows them, with the headers that a 200 would have (RFC 9110 §15.4.5)",
      "provisioning/groups: answer 304 to a reader who knows it",
    ),
    must(
      "RFC 7644 §3.14",
      "If-Match with another version is 412 on PUT, PATCH and DELETE, and changes nothing.",
      "provisioning/users: If-Match of another version is 412 on PUT, PATCH and DELETE, and changes nothing",
      "provisioning/etag: that are not the current one, or no tag at all, refuse every write with 412 and change nothing",
      "provisioning/groups: refuse a write with another one (412) and leave everything as it was",
    ),
    decision(
      "RFC 9110 §13.1.1",
      "Tags compare weakly, for SCIM's own are weak ones; `*` and lists are understood.",
      "provisioning/interop: interop row 52: *",
      "provisioning/groups: let a write with the current one pass, strong, weak, listed or *",
    ),
    decision(
      "RFC 7644 §3.14",
      "Of writers with one version exactly one passes.",
      "provisioning/etag: let exactly one of * pass that race with the same If-Match",
      "provisioning/interop: interop row 53: *",
      "provisioning/groups: let exactly one of two writers pass who both read the same one (row 53)",
    ),
  ],
};

export const alias: Chapter = {
  title: "/Me",
  requirements: [
    must(
      "RFC 7644 §3.11",
      "Where `/Me` is not offered it is 501: a token is a directory's and nobody's own.",
      "provisioning/conformance: RFC 7644 §3.11: /Me is 501, by every method and in every form",
    ),
  ],
};

export const discovery: Chapter = {
  title: "Discovery",
  requirements: [
    must(
      "RFC 7644 §4",
      "`/ServiceProviderConfig` is one resource, `/Schemas` and `/ResourceTypes` are lists, and each of theirs is found alone.",
      "provisioning/discovery: each is also found alone, as it stands in the list",
      "provisioning/discovery: /ServiceProviderConfig has what RFC 7643 §5 and RFC 9865 §4 require, and claims what works",
      "scim/messages: ResourceTypes and Schemas are ListResponses whose members are the single resources",
    ),
    must(
      "RFC 7644 §4",
      "What is not there is 404.",
      "provisioning/discovery: /ResourceTypes/Robot is 404",
      "provisioning/discovery: /Schemas/urn:example:none is 404",
    ),
    must(
      "RFC 7644 §4",
      "Sorting and paging do not apply; a filter is 403.",
      "provisioning/discovery: a filter is 403, paging and sorting do not apply",
    ),
    decision(
      "RFC 7644 §4",
      "Other methods are 405.",
      "provisioning/http: 405 on DELETE /Schemas names GET",
      "provisioning/http: 405 on POST /ServiceProviderConfig names GET",
    ),
    must(
      "RFC 7643 §7",
      "Schemas of messages are not listed; every schema that a resource type names is.",
      "provisioning/discovery: every schema that a resource type names is listed, and no schema of a message is",
    ),
    must(
      "RFC 7643 §6",
      "Each resource type answers at its endpoint.",
      "provisioning/discovery: every resource type that is listed answers at its endpoint",
    ),
    must(
      "RFC 7643 §6",
      "Without an extension that its type requires a resource is refused.",
      "scim/validate: refuses a resource without a required extension (RFC 7643 §6)",
      "scim/patch: refuses to remove an extension that the resource type requires",
    ),
    must(
      "RFC 7643 §7",
      "Every characteristic of every attribute is told.",
      "provisioning/discovery: attribute definitions have every characteristic of RFC 7643 §7, and no null",
      "scim/registry: load in the complete form of RFC 7643 §8.7 unchanged",
    ),
    must(
      "RFC 7643 §5",
      "What is claimed is done: patch, filter, changePassword and etag.",
      "provisioning/conformance: RFC 7643 §5: patch, filter, etag and changePassword do what they claim",
    ),
    must(
      "RFC 7643 §5",
      "What is claimed is done: sort and both ways of paging.",
      "provisioning/conformance: RFC 7643 §5: sort, pagination and bulk do what they claim",
    ),
    must(
      "RFC 7643 §5",
      "What is claimed is done: Bulk, up to its limits.",
      "provisioning/conformance: RFC 7643 §5: sort, pagination and bulk do what they claim",
      "provisioning/bulk: are told by /ServiceProviderConfig and kept to the last: 413 with the limit in the detail, and no change",
    ),
    must(
      "RFC 7643 §5",
      "`filter.maxResults` is what a list gives at most.",
      "provisioning/conformance: RFC 7643 §5: filter.maxResults and the page sizes are those of a list",
    ),
    must(
      "RFC 7643 §5",
      "It has the members that are defined, and claims nothing beyond them.",
      "provisioning/conformance: RFC 7643 §5: it has the members that are defined, and claims nothing beyond them",
    ),
    must(
      "RFC 7643 §5",
      "The authentication scheme that is named is the one that is taken.",
      "provisioning/conformance: RFC 7643 §5: the authentication scheme that is named is the one that is taken",
    ),
    decision(
      "RFC 7644 §4",
      "It is the same for every tenant and says nothing of one: what differs between tokens is their dialect, which forgives more or less and offers the same.",
      "provisioning/conformance: RFC 7643 §5: it is the same for every tenant, and says nothing of one",
    ),
  ],
};

export const extending: Chapter = {
  title: "Resource types and extensions of the operator",
  requirements: [
    may(
      "RFC 7643 §6",
      "A schema and a resource type in a folder are an endpoint of every tenant, told by discovery.",
      "provisioning/customResources: in /ResourceTypes, with its extensions and whether they are required",
      "provisioning/customResources: in /Schemas, as the file has it with the defaults of RFC 7643 §2.2 filled in",
    ),
    must(
      "RFC 7643 §2.3",
      "Values of every type are kept as they were sent.",
      "provisioning/customResources: keeps a value of every type as it was sent",
      "provisioning/customResources: refuses *, with the place",
    ),
    must(
      "RFC 7643 §7",
      "Each mutability and each `returned` holds for them as the schema has it.",
      "provisioning/customResources: clears what is not sent, but for what is immutable",
      "provisioning/customResources: what is `default` and `always`, and what is `request` only on request",
      "provisioning/customResources: what is `never` not even to who names it, wherever it stands",
    ),
    must(
      "RFC 7644 §3.5.2",
      "PATCH, PUT, DELETE and entity tags do to them what they do to Users.",
      "provisioning/customResources: adds, replaces and removes attributes of every kind",
      "provisioning/customResources: If-Match of another version refuses PUT, PATCH and DELETE with 412 and changes nothing",
      "provisioning/customResources: is gone for every method afterwards, and from lists",
    ),
    must(
      "RFC 7643 §7",
      "`uniqueness` of an attribute of theirs is kept: 409.",
      "provisioning/customResourcesUnique: refuses the value of another *, and keeps nothing of it",
      "provisioning/customResourcesUnique: is taken by exactly one of many who ask at once",
    ),
    must(
      "RFC 7644 §2",
      "They are their tenant's own.",
      "provisioning/customResources: tenants: another's id is 404 for every method, as one that nobody has, and in no list",
    ),
  ],
};
