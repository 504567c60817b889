import type { Features } from "./feature.ts";

/** S4: an account whose members are given single agents, and no seats. */
export const assignedAgents: Features = {
  "S4.1": ["Admins invite members, assign agents and give permissions"],
  "S4.2": ["The list shows avatar, name, job title and address"],
  "S4.3": ["A member is made of address and name, and a job title if wanted"],
  "S4.4": ["Five permissions to switch on", "application", "permissions given by hand"],
  "S4.5": [
    "Agents are assigned one by one, grouped by company; members see those alone",
    "application",
    "permissions on single resources",
  ],
  "S4.6": ["With a welcome mail, or without"],
  "S4.7": ["The button says which of the two it is"],
  "S4.8": ["Name, job title, permissions and agents are edited"],
  "S4.9": ["The address stays as it was made"],
  "S4.10": ["An admin sets a password of six characters or more"],
  "S4.11": ["Removal is confirmed, final, and erases the person"],
  "S4.12": ["Search by name, as one types"],
  "S4.13": ["Least privilege, single agents, audits, strong passwords"],
  "S4.14": ["No seats and no roles to care for"],
};
