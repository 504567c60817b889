/** Cases that show an item and do not name it, as `file: title`. */
export const alsoShown: Readonly<Record<string, readonly string[]>> = {
  "S0.12": ["admin/members: gives one address to one of two who ask for it at the same time"],
  "S0.17": ["access/saml: ends the sessions of who is suspended by SCIM, or held, in the same moment (rule 29)"],
  "S0.19": ["admin/memberRules: refuses a release that would need a seat"],
  "S0.20": [
    "admin/memberRules: refuses an admin's creation, everything rolled back, and says what is used and what to do",
  ],
  "S1.10": ["admin/members: gives one address to one of two who ask for it at the same time"],
  "S1.9": [
    "walkthroughs/everyEntry: makes them active by the sign-up, and notes the first sign-in (S1.22)",
    "walkthroughs/everyEntry: changes address, role and status by one edit each (S1.24, S1.25, S1.26)",
  ],
  "S1.13": ["walkthroughs/everyEntry: changes address, role and status by one edit each (S1.24, S1.25, S1.26)"],
  "S2.2": [
    "walkthroughs/helpDesk: lets the invited in by the mailed link and a password of their own, within seven days (S2.4, S2.5)",
    "walkthroughs/helpDesk: finds the deactivated by filter, and brings them back (S2.19)",
  ],
  "S2.9": [
    "walkthroughs/helpDesk: edits profile, role and teams from the list, and from the team (S2.6, S2.7, S2.8, S2.15)",
  ],
  "S2.22": [
    "saml/presets: … reads address, names and groups in what it sends",
    "admin/connectionPresets: make a draft by the provider alone, whose values the preset names",
  ],
  "S2.23": [
    "access/connectionTests: makes a draft tested, which may then be enabled without force",
    "admin/connections: becomes enabled once it was tested, and tells it",
    "admin/connections: becomes enabled untested by force alone, and says what that means",
  ],
  "S2.24": [
    "access/saml: makes a member with role and seat at the first sign-in, and opens a session",
    "access/saml: makes nobody where people must exist first (rule 25)",
    "provisioning/seats: rule 1: of 30 who are pushed at once exactly 10 get the 10 seats",
  ],
  "S3.14": ["admin/tenants: raised promotes waiting members in their order, as many as there are seats (rule 5)"],
  "S3.18": ["admin/registrations: makes a member of who proved a mailbox in the domain, with its role and a seat"],
  "S3.22": ["admin/registrations: is switched on by a tenant's own admin only where the plan includes it"],
  "S3.29": ["admin/memberList: takes the filters and orders of the list"],
  "S3.31": ["admin/memberList: holds id, email, names, isAdmin and hasSeat of everybody, with a header"],
};
