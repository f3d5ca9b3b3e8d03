-- What parties do to a contract beside its text: who accepted a version, pauses, and the lists that its terms name.
create table acceptance (
  contract    text    not null,
  version     integer not null,
  hash        text    not null,           -- of the canonical form, as shown to who accepted
  party       text    not null,
  who         text    not null,           -- person or token id
  name        text    not null,           -- of the person, as it was then
  words       text    not null,
  accepted_at text    not null,
  primary key (contract, version, party)
) without rowid;

create table pause (                       -- nothing is taken from an instant on
  contract   text    not null,
  since      integer not null,             -- microseconds since 1970, UTC
  until      integer,                      -- null: until somebody ends it
  party      text    not null,             -- who declared it, and alone may end it
  who        text    not null,
  words      text    not null,
  primary key (contract, since, party)
) without rowid;

create table list (
  name          text    primary key,
  is_everywhere integer not null,          -- 1: holds under every contract of the buyer, named by it or not
  changes       integer not null,
  changed_at    text    not null,
  changed_by    text    not null
) without rowid;

create table list_entry (
  name     text not null references list,
  kind     text not null,                  -- digest (SHA-256), domain, company (its key)
  entry    text not null,
  added_at text not null,
  primary key (name, kind, entry)
) without rowid;

create table erasure (                     -- that somebody was erased, and what of; never who
  erasure   text primary key,
  erased_at text not null,
  who       text not null,
  digest    text not null,                 -- SHA-256 of what named them, keyed by the book's secret
  told      text not null                  -- the certificate
) without rowid;
