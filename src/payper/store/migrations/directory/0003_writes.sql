-- Contracts on their way: drafts that one party sees, proposals that both see, and answers kept for requests that come twice.
create table draft (
  draft      text    primary key,          -- random id
  party      text    not null references party,
  buyer      text    not null,             -- as its text says; empty where it does not
  contract   text    not null,
  text       text    not null,
  revision   integer not null,
  created_at text    not null,
  changed_at text    not null,
  changed_by text    not null
) without rowid;
create index draft_party on draft (party, changed_at);

create table proposal (
  proposal    text    primary key,         -- random id
  buyer       text    not null references party,
  contract    text    not null,
  provider    text    not null references party,
  version     integer not null,
  hash        text    not null,            -- of the canonical form
  text        text    not null,
  party       text    not null,            -- who proposes, and so accepts
  who         text    not null,
  name        text    not null,
  words       text    not null,
  proposed_at text    not null,
  state       text    not null,            -- open, accepted, declined, withdrawn
  answered_by text    not null,            -- the party; empty: nobody yet
  answer_who  text    not null,
  answer_name text    not null,
  answer      text    not null,
  answered_at text,
  recorded_at text                         -- when the version came into the buyer's book
) without rowid;
create index proposal_buyer on proposal (buyer, contract, version);
create index proposal_provider on proposal (provider, buyer, contract);

create table idempotency (
  party   text not null,
  key     text not null,
  digest  blob not null,                   -- SHA-256 of what was asked
  answer  text not null,
  made_at text not null,
  primary key (party, key)
) without rowid;
