-- Whom the buyer has in the CRM already, as keyed hashes only, so that a server judges by them without the folder.
create table crm_part (
  part    integer primary key,
  rows    integer not null,
  content blob    not null                 -- Parquet (zstd): email, person; null where a person has none
);
