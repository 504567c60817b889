import { type Chapter, decision, may, must, should } from "./requirement.ts";

export const searching: Chapter = {
  title: "Sorting, root queries and /.search",
  requirements: [
    must(
      "RFC 7644 §3.4.2.3",
      "`sortBy` takes an attribute in any form of its path, without case unless it is caseExact.",
      "provisioning/search: goes by any attribute, in any spelling of its path, without case unless it is caseExact",
      "directory/scimSortProperties: gives the same order by any attribute, and page after page in either direction",
    ),
    must(
      "RFC 7644 §3.4.2.3",
      "The order is ascending unless `sortOrder` says otherwise; who has no value comes last ascending, first descending.",
      "provisioning/search: descending puts those without a value first; equals stand by id in either order",
    ),
    must(
      "RFC 7644 §3.4.2.3",
      "Of many values the primary one decides, or else the first.",
      "provisioning/search: goes by any attribute, in any spelling of its path, without case unless it is caseExact",
    ),
    must(
      "RFC 7644 §3.4.2.3",
      "Sorting comes before paging.",
      "provisioning/search: is done before the page is cut, and together with a filter",
      "provisioning/interop: interop row 63: *",
    ),
    decision(
      "RFC 7644 §3.4.2.3",
      "`sortBy` of what is unknown or complex is ignored by the tolerant dialect, and else 400 with `invalidPath`.",
      "provisioning/search: by what no schema defines or is complex: ignored by the tolerant dialect, else 400 invalidPath; by a password 403",
    ),
    may(
      "RFC 7644 §3.4.2.1",
      "The root answers queries over all types, each resource by its own schemas.",
      "provisioning/search: finds resources of every type, each with its own schemas",
      "provisioning/search: is paged over the types, by index and by cursor, with one total",
    ),
    must(
      "RFC 7644 §3.4.2.1",
      "An attribute that a type does not have is, in a root query, one without a value there, in filters as in sorting.",
      "provisioning/search: takes an attribute that a type has not for one without a value there",
      "provisioning/search: §3.4.2.3: is sorted over the types; a type without the attribute has no value",
    ),
    must(
      "RFC 7644 §3.4.2",
      "A result that could be too large is paged, so that `tooMany` is never needed.",
      "provisioning/conformance: RFC 7643 §5: filter.maxResults and the page sizes are those of a list",
      "provisioning/search: is paged over the types, by index and by cursor, with one total",
    ),
    must(
      "RFC 7644 §3.4.3",
      "POST of a SearchRequest to `/.search`, of the root and of each type, answers what GET does.",
      "provisioning/search: answers what GET does, member for member",
      "provisioning/search: goes on by a cursor that GET gave, and the other way round",
    ),
    must(
      "RFC 7644 §3.4.3",
      "What is no SearchRequest is 400 with `invalidSyntax`.",
      "provisioning/search: refuses what is no SearchRequest, and members that are not what they should be",
    ),
  ],
};

export const cursors: Chapter = {
  title: "Paging by cursor",
  requirements: [
    must(
      "RFC 9865 §2",
      "An empty cursor asks for the first page, and `nextCursor` is absent on the last one alone.",
      "provisioning/cursors: §2: a cursor without a value asks for the first page; nextCursor is absent on the last one alone",
    ),
    must(
      "RFC 9865 §3",
      "A SearchRequest takes a cursor too.",
      "provisioning/search: goes on by a cursor that GET gave, and the other way round",
    ),
    should(
      "RFC 9865 §2.2",
      "A walk by cursor has the order that is asked for.",
      "provisioning/cursors: goes by an order as well, and by a filter",
    ),
    must(
      "RFC 9865 §2",
      "A cursor is made of characters that a URL takes as they are.",
      "provisioning/cursors: §2: a cursor without a value asks for the first page; nextCursor is absent on the last one alone",
    ),
    may(
      "RFC 9865 §2",
      "`previousCursor` leads back; the first page has none.",
      "provisioning/cursors: §2: previousCursor leads back, up to the first page, which has none",
    ),
    must(
      "RFC 9865 §2",
      "A negative `count` is 0, and 0 asks for the total alone.",
      "provisioning/cursors: §2: a negative count is 0, which asks for the total alone; one above the maximum is the maximum",
    ),
    must(
      "RFC 9865 §2.1",
      "`count` stays what it was on the first page: another is 400 with `invalidCount`.",
      "provisioning/cursors: §2: count stays as on the first page, or unsaid; any other is 400 invalidCount",
    ),
    must(
      "RFC 9865 §2.1",
      "A cursor that is none, or another query's, tenant's or caller's, is 400 with `invalidCursor`, in the same words.",
      "provisioning/cursors: *a cursor of another tenant, directory, token, type or query, and a forged one, are 400 invalidCursor, in the same words",
    ),
    must(
      "RFC 9865 §2.1",
      "A cursor whose time is over is 400 with `expiredCursor`.",
      "provisioning/cursors: is good for the time that /ServiceProviderConfig tells, and 400 expiredCursor from then on",
    ),
    must(
      "RFC 9865 §4",
      "`/ServiceProviderConfig` tells both ways of paging, which is the default, the sizes of pages and the time of a cursor.",
      "provisioning/cursors: is what /ServiceProviderConfig says of it (§4)",
    ),
    should(
      "RFC 9865 §2.4",
      "Paging by index stays the default: who asks for no cursor gets none.",
      "provisioning/conformance: RFC 9865 §2.4: a list by index has no member but those of RFC 7644 §3.4.2",
    ),
    must(
      "RFC 9865 §5",
      "Who asks is looked at anew with each page.",
      "provisioning/conformance: RFC 9865 §5: a cursor is worth nothing without the token, and after it",
    ),
    decision(
      "RFC 9865 §5",
      "A walk by cursor meets everybody who is there from its beginning to its end, once, whoever comes and goes meanwhile.",
      "provisioning/cursors: loses none of 2,500 users who are there all along, while others go and come, and shows none twice",
    ),
    decision(
      "RFC 9865 §2",
      "The index and the cursor together are 400 with `invalidValue`.",
      "provisioning/cursors: startIndex beside a cursor is 400 invalidValue: a list goes by the one or the other",
    ),
  ],
};
