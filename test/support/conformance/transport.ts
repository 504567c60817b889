import { type Chapter, decision, may, must, should } from "./requirement.ts";

export const transport: Chapter = {
  title: "Transport, media types and credentials",
  requirements: [
    must(
      "RFC 7644 §7.2",
      "The service is reached by TLS: its public address is `https`, and `http` is taken for a loopback address alone.",
      "config: PUBLIC_URL=http://usher.example.com",
      "config: takes http for a loopback PUBLIC_URL, in every spelling of loopback",
    ),
    must("RFC 7644 §1.3", "The base address has no query.", "config: PUBLIC_URL=https://usher.example.com?x=1"),
    must(
      "RFC 7644 §3.13",
      "A version in the path that is not served is refused with `invalidVers`, and never answered as if it were this one.",
      "provisioning/http: 400 beside the version, with invalidVers (§3.13)",
    ),
    must(
      "RFC 7644 §3.1",
      "A request that accepts `application/scim+json` gets it.",
      "provisioning/http: Accept: application/scim+json is answered with application/scim+json",
    ),
    should(
      "RFC 7644 §3.1",
      "A request that accepts `application/json` is served too.",
      "provisioning/http: Accept: application/json is answered with application/scim+json",
    ),
    decision(
      "RFC 7644 §3.1",
      "Whatever else is accepted, or nothing, the answer is `application/scim+json`.",
      "provisioning/http: Accept: * is answered with application/scim+json",
    ),
    must(
      "RFC 7644 §3.1",
      "Bodies are JSON in UTF-8, in both directions.",
      "provisioning/conformance: RFC 7644 §3.1: text of every script comes back byte for byte, in UTF-8",
      "http/body: bytes that are not UTF-8, a surrogate written as three bytes among them",
    ),
    decision(
      "RFC 7644 §3.12",
      "An error of whatever origin is a SCIM message in `application/scim+json`: also of an unknown path, of another method, of a body that is too large or of an unknown type, of too many requests, and of a fault.",
      "provisioning/http: 404 on * is a SCIM error",
      "provisioning/http: 405 on * names *",
      "provisioning/http: 413 for 2 MB, with a length and in chunks, and nothing is stored",
      "provisioning/http: a body of text/plain is refused with 415",
      "provisioning/http: 429 with Retry-After once a token has used up its rate, and other tokens go on",
      "provisioning/conformance: RFC 7644 §3.12: a fault is a SCIM message of status 500 that tells nothing of its cause",
    ),
    decision(
      "RFC 7644 §3.1",
      "Bodies of `application/scim+json` and `application/json` are read, with or without `charset`, and of `text/json` by the tolerant dialect.",
      "provisioning/http: a body of application/scim+json* is read",
      "provisioning/http: a body of application/json* is read",
      "provisioning/http: a body of text/json* is read",
    ),
    must(
      "RFC 7644 §2",
      "A request without valid credentials is 401 and names the scheme to use.",
      "provisioning/http: without any, the answer is 401 and names the scheme alone",
      "provisioning/http: Authorization: * is 401",
      "provisioning/http: every kind of wrong token gets the same words",
    ),
    must(
      "RFC 7644 §2",
      "A client's credentials decide what it may reach: one tenant, and of groups one directory.",
      "provisioning/badInput: in the path are 404 on GET, PUT, PATCH and DELETE, and the other tenant stays as it was",
      "provisioning/groups: may have one name, and are not there for each other",
    ),
    must(
      "RFC 7644 §2",
      "Credentials are looked at anew for each request.",
      "provisioning/http: a token that is revoked after use ends at once",
    ),
    should(
      "RFC 7644 §2.1",
      "Bearer tokens end; a client is told no more than that its token is not valid.",
      "provisioning/http: every kind of wrong token gets the same words",
    ),
    must(
      "RFC 7644 §7.6",
      "Nobody is served without credentials, whatever they ask for.",
      "provisioning/http: they are asked for before path, method and body are looked at",
    ),
    should(
      "RFC 7644 §4",
      "How to authenticate can be read without credentials.",
      "provisioning/discovery: /ServiceProviderConfig is readable without credentials, and with wrong ones",
    ),
    should(
      "RFC 7644 §3.4.2",
      "Unknown query parameters are ignored.",
      "provisioning/http: unknown query parameters are ignored (*)",
    ),
    must(
      "RFC 7643 §2.1",
      "Attribute names are the same in any case, in bodies, filters, paths and projections.",
      "scim/normalise: has its attribute names and URNs in the schema's spelling (RFC 7643 §2.1)",
      "provisioning/interop: interop row 38: *",
      "scim/registry: finds every path that it knows in any mixture of case",
      "provisioning/users: attributes=USERNAME,name.givenname is honoured by POST, GET, PUT, PATCH and lists",
    ),
    must(
      "RFC 7644 §3.4.2.2",
      "Operators and logical words of a filter are the same in any case.",
      "scim/filter: reads operators in any case",
    ),
    must(
      "RFC 8141 §3.1",
      "URNs of schemas are the same in any case.",
      "scim/registry: finds resource types by name and endpoint and schemas by URN, whatever the case",
      "scim/patch: row 17: reads URN-qualified paths, of custom URNs too, in any case",
    ),
    should("RFC 7644 §7.4", "Answers are not kept by caches.", "provisioning/http: the answer is not kept by caches"),
    must(
      "RFC 7644 §7.5.2",
      "Credentials do not travel in a URL.",
      "provisioning/http: a token in the query (RFC 6750 §2.3) is none",
    ),
    decision(
      "RFC 6585 §4",
      "A token that asks too often is answered 429 and told when to come back.",
      "provisioning/http: 429 with Retry-After once a token has used up its rate, and other tokens go on",
    ),
    decision(
      "RFC 9110 §15.6.4",
      "Where the database cannot be reached the answer is 503, and tells when to come back.",
      "provisioning/conformance: RFC 7644 §3.12: a database that is away is a SCIM message of status 503, and says when to come back",
    ),
    may(
      "RFC 7644 §3.12",
      "301, 307 and 308 are not needed: no resource moves, and none is answered.",
      "provisioning/conformance: RFC 7644 §3.12: no answer sends a client elsewhere",
    ),
  ],
};

export const errors: Chapter = {
  title: "Errors",
  requirements: [
    must(
      "RFC 7644 §3.12",
      "An error holds the Error URN in `schemas`, and `status`, the HTTP status as a string.",
      "scim/messages: row 16: has `status` as a string, and the scimType of a SCIM refusal",
      "scim/messages: equals the HTTP status for every refusal there is",
      "provisioning/interop: interop row 16: *",
    ),
    must(
      "RFC 7644 §3.12",
      "`scimType` is one of the table's words, or left out where the table has none.",
      "scim/messages: has no scimType where the RFC has no keyword",
      "provisioning/conformance: RFC 7644 §3.12: each scimType that a request can bring about has its status",
    ),
    should(
      "RFC 7644 §3.12",
      "`detail` says what is wrong, in words for people.",
      "scim/filter: says what was expected and where",
      "scim/patch: refuses values of another type, naming the path",
    ),
    must(
      "RFC 7644 §3.3",
      "What is not unique is 409 with `uniqueness`.",
      "scim/messages: has 409 for uniqueness and 403 for sensitive (erratum 6893)",
      "provisioning/users: the userName of someone else is 409 uniqueness in POST, PUT and PATCH, whatever its case",
    ),
    must(
      "RFC 7644 §3.12",
      "What cannot be filtered by for privacy is 403 with `sensitive` (erratum 6893).",
      "provisioning/lists: are refused with what is wrong with them",
    ),
    must(
      "RFC 7644 §3.12",
      "A body that is no JSON or no message of the kind is 400 with `invalidSyntax`.",
      "provisioning/http: * as a body is 400 invalidSyntax in POST, PUT and PATCH",
      "provisioning/http: an empty body is 400 invalidSyntax",
    ),
    must(
      "RFC 7644 §3.12",
      "What does not exist is 404, at whatever path.",
      "provisioning/http: 404 on * is a SCIM error",
      "provisioning/badInput: of another form (*) are 404",
    ),
    decision(
      "RFC 9110 §15.5.6",
      "A method that a path does not have is 405, with `Allow`.",
      "provisioning/http: 405 on * names *",
    ),
    decision(
      "RFC 9110 §15.5.16",
      "A body of another media type or coding is 415 and named what is read.",
      "provisioning/http: a body of * is refused with 415",
      "provisioning/http: a compressed body is refused with 415",
    ),
    must(
      "RFC 7644 §3.12",
      "What is not offered is 501.",
      "provisioning/conformance: RFC 7644 §3.11: /Me is 501, by every method and in every form",
    ),
    decision(
      "RFC 7644 §3.12",
      "Whatever is sent, be it garbage, is answered in good time and never by a fault; what is refused has changed nothing.",
      "provisioning/fuzz: is answered in good time by a SCIM message, never by a fault, and a refusal changes nothing",
      "provisioning/fuzz: of bytes that are no request of HTTP is answered as HTTP, and the next request as ever",
      "scim/fuzz: *",
      "scim/bulk: fails with nothing but a Refusal, whatever the body",
    ),
    decision(
      "RFC 7644 §3.12",
      "Want of a seat is 403, for directories take a 409 for “exists already”; the detail tells how many there are.",
      "provisioning/seats: the 26th of 25 is 403, in the words of the contract, and nothing is left of them",
    ),
    should(
      "RFC 7644 §7.5.2",
      "No error repeats a credential.",
      "provisioning/http: the detail of an error never holds the token",
    ),
  ],
};
