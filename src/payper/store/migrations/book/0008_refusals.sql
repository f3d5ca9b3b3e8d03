-- Milestones, returns and decisions that found no delivery, or that the contract does not admit: as the last settlement said. Derived.
create table refusal (
  place       integer primary key,
  contract    text    not null,             -- empty: none is named, and none was found
  act         text    not null,             -- milestone, return, decision
  external_id text,
  happened_at integer,                      -- microseconds since 1970, UTC
  code        text    not null,
  words       text    not null,
  file        text    not null,
  row         integer not null
);
create index refusal_contract on refusal (contract, place);
