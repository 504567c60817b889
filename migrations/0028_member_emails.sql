-- Whoever creates a member writes its further addresses in the same statement: the trigger was a twelfth of a creation's
-- work. No version that leaves them to it has been released.
drop trigger member_emails_insert on members;
