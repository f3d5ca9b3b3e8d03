-- What is to be told after a transaction, noted in it.
create table outbox (
  note    integer primary key,
  key     text    not null,               -- random; names the note for ever, as numbers of rows that are gone come again
  kind    text    not null,               -- invitation, contract
  subject text    not null,               -- the person; BUYER ID vN ACT
  made_at text    not null
);

create table told (                        -- notes that were turned into messages, so that nothing is told twice
  key text primary key,
  at  text not null
) without rowid;

create table endpoint (                    -- where a party's systems are called back
  endpoint   text    primary key,          -- public id
  party      text    not null references party,
  name       text    not null,
  address    text    not null,
  events     text    not null,             -- kinds of events, with blanks between
  reach      text    not null,             -- all; provided: only of contracts that the party provides under
  secret     text    not null,             -- whsec_...; signing needs it, so it is kept as it is
  old_secret text,                         -- signs too, until old_until
  old_until  text,
  is_active  integer not null,
  created_at text    not null,
  failures   integer not null,             -- calls that failed in a row
  rest_until text                          -- not called before, as it failed
) without rowid;
create index endpoint_party on endpoint (party, created_at);

create table message (                     -- one call to make, or one letter to send
  place        integer primary key,        -- order of making
  message      text    not null unique,    -- the webhook-id; the same at every attempt
  channel      text    not null,           -- webhook, mail
  party        text    not null,
  endpoint     text,                       -- of a webhook
  kind         text    not null,           -- kind of the event or the letter
  subject      text    not null,           -- of a letter: the person it goes to
  body         blob    not null,           -- of a webhook: JSON, compressed by zlib; of a letter: its facts
  made_at      text    not null,
  due_at       text    not null,
  leased_until text,                       -- somebody is sending it
  tries        integer not null,
  state        text    not null,           -- waiting, sent, dead
  ended_at     text
);
create index message_due on message (state, due_at);
create index message_endpoint on message (endpoint, place);

create table attempt (
  attempt integer primary key,
  message text    not null,
  at      text    not null,
  milliseconds integer not null,
  status  integer,                         -- of HTTP, null where no answer came
  words   text    not null                 -- what stood in the way; empty: it was taken
);
create index attempt_message on attempt (message, attempt);

create table sign_in (                     -- sign-ins at an identity provider that have begun
  digest     text primary key,             -- of the state
  nonce      text not null,
  verifier   text not null,                -- of PKCE
  goal       text not null,
  expires_at text not null
) without rowid;

create table digest (                      -- who gets a letter of what needs them, at most one a day
  person  text primary key references person,
  last_on text not null                    -- the day of the last one, in the party's zone
) without rowid;
