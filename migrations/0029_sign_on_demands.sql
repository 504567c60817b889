-- What an application asked of a sign-in is kept with what came of it: only a sign-in that was asked as much of answers.
alter table sign_in_attempts add column demands jsonb; -- {login, maxAge, acrValues}; null = nothing was asked
alter table sessions
  add column demands jsonb, -- of the attempt that opened it; null also of passwords and passkeys, which are always fresh
  add column authenticated_at timestamptz; -- as the identity provider told, never after created_at; null = it told no time
