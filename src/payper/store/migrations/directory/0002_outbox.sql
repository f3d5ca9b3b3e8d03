-- What is to be told after a transaction, noted in it.
create table outbox (
  note    integer primary key,
  key     text    not null,               -- random; names the note for ever, as numbers of rows that are gone come again
  kind    text    not null,               -- invitation, contract
  subject text    not null,               -- the person; BUYER ID vN ACT
  made_at text    not null
);
