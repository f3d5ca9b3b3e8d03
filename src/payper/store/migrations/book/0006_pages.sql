-- What pages need to be quick at a million deliveries. All of it is derived from verdict and transfer, and kept in their transactions.
-- Ids of transfers stand in the order of their bytes, as in SQLite, so that a delivery's are a range of the key.
-- postgres: alter table transfer alter column transfer_id type text collate "C";

-- Transfers of a contract in order of time, some thousand in a block: an index of them all would cost every run more than it gives.
create table transfer_block (
  block    integer primary key,
  contract text    not null,
  last_at  integer not null,               -- the latest instant in it, microseconds since 1970, UTC
  places   text    not null                -- a line each, the latest first: instant, delivery and what follows them in the transfer's id
);
create index transfer_block_last on transfer_block (contract, last_at);

-- What moved between two accounts of a contract, all transfers added up.
create table account_sum (
  contract       text    not null,
  debit_account  text    not null,
  credit_account text    not null,
  currency       text    not null,
  amount_minor   integer not null,
  primary key (contract, debit_account, credit_account, currency)
) without rowid;
insert into account_sum
  select contract, debit_account, credit_account, currency, sum(amount_minor) from transfer
  group by contract, debit_account, credit_account, currency;

-- How many deliveries of a batch have a verdict with a headline, and from where to where they stand.
create table verdict_group (
  batch    integer not null,
  verdict  integer not null,
  headline integer not null,
  rows     integer not null,
  first_id integer not null,
  last_id  integer not null,
  primary key (batch, verdict, headline)
) without rowid;
insert into verdict_group
  select batch, verdict, headline, count(*), min(delivery_id), max(delivery_id) from verdict group by batch, verdict, headline;
