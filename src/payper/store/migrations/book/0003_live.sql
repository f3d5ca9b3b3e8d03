-- Deliveries as they arise: answers to acts that may be sent again, open batches, files on their way.
create table idempotency (
  party   text not null,
  key     text not null,
  digest  blob not null,                  -- SHA-256 of what was asked
  answer  text not null,                  -- what was answered
  made_at text not null,
  primary key (party, key)
) without rowid;

-- A batch whose digest is empty is open: its rows stand here until it is sealed.
create table batch_part (
  batch   integer not null,
  part    integer not null,               -- the last row in it, counted over the batch
  last_id integer not null,               -- the highest delivery_id in it
  rows    integer not null,
  journal blob    not null,               -- MessagePack (store/parts.py)
  people  blob    not null,
  segment blob    not null,
  primary key (batch, part)
);
create index batch_part_last on batch_part (last_id);

create table upload (
  upload   text primary key,
  party    text    not null,              -- who sent it
  who      text    not null,
  contract text    not null,
  name     text    not null,              -- of the file
  bytes    integer not null,
  digest   blob    not null,              -- SHA-256 of its bytes
  state    text    not null,              -- mapping, waiting, judging, done, refused
  mapping  text    not null,              -- mapping.toml, or empty: guessed
  told     text    not null,              -- JSON: how far it has come, what became of it
  run      integer,                       -- in which it was judged
  made_at  text    not null
) without rowid;

create table upload_piece (
  upload  text    not null,
  piece   integer not null,
  content blob    not null,
  primary key (upload, piece)
);

-- How a party's files are to be read, by the digest of their header.
create table column_mapping (
  party   text not null,
  headers text not null,
  mapping text not null,
  made_at text not null,
  primary key (party, headers)
) without rowid;
