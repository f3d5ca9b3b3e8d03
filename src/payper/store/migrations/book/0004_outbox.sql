-- What is to be told after a transaction, noted in it: one row for each batch, run or contract, never one for each delivery.
create table outbox (
  note    integer primary key,
  key     text    not null,               -- random; names the note for ever, as numbers of rows that are gone come again
  kind    text    not null,               -- verdicts, facts, settled, contract
  subject text    not null,               -- the batch's number, the run's, or ID vN
  made_at text    not null
);
