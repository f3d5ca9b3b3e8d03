-- What payper keeps. The journal (batch.journal) and the contracts are the truth; verdict, transfer and segments are derived.
create table setting (
  name  text primary key,
  value blob not null
) without rowid;

create table contract_version (
  contract    text    not null,
  version     integer not null,
  hash        text    not null,
  text        text    not null,           -- the file as it was read
  recorded_at text    not null,
  primary key (contract, version, hash)
) without rowid;

create table run (
  run         integer primary key,
  recorded_at text not null,
  as_of       text                         -- the date asked for, or null
);

create table source_file (
  file    text    not null,
  run     integer not null references run,
  subject text    not null,               -- deliveries, milestones, returns
  digest  blob    not null,               -- SHA-256 of the bytes read
  rows    integer not null,               -- judged in that run
  later   integer not null,               -- left for a later run, being dated after its as-of day
  primary key (file, run)
) without rowid;

create table batch (
  batch    integer primary key,
  run      integer not null references run,
  subject  text    not null,              -- deliveries, milestones, returns
  chain    text    not null,              -- the contract whose chain it lengthens; empty: the programme's own
  file     text    not null,
  provider text    not null,
  rows     integer not null,
  previous blob    not null,              -- digest of the batch before it in the chain; 32 zero bytes for the first
  digest   blob    not null,              -- SHA-256 of previous, subject, chain, file and journal
  journal  blob    not null,              -- Parquet (zstd): ids, instants, verdicts, keyed hashes; no personal data
  people   blob    not null,              -- Parquet (zstd): the columns as sent and as understood; erasure rewrites it
  segment  blob    not null               -- keys of the good deliveries, for duplicates and caps
);
create index batch_chain on batch (chain, batch);

create table verdict (
  delivery_id integer primary key,        -- order of arrival
  batch       integer not null,
  verdict     integer not null,           -- 0 accepted, 1 rejected, 2 review, 3 quarantined
  headline    integer not null,           -- number of the first reason, 0 for none
  price_minor integer not null
);

create table transfer (
  transfer_id    text primary key,
  charge_id      text    not null,
  contract       text    not null,
  kind           text    not null,
  happened_at    integer not null,        -- microseconds since 1970, UTC
  amount_minor   integer not null check (amount_minor > 0),
  currency       text    not null,
  debit_account  text    not null,
  credit_account text    not null,
  cause          text    not null,
  corrects       text,                      -- the transfer that a reversal undoes
  run            integer not null
) without rowid;

create table charge (
  charge_id    text primary key,
  delivery_id  integer not null,
  contract     text    not null,
  milestone    text    not null,
  number       integer not null,
  price_row    integer not null,
  amount_minor integer not null,
  run          integer not null
) without rowid;
