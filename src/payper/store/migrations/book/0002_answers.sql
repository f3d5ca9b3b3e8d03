-- Returns that were answered stay answered; answers of mail servers are evidence with a date.
create table return_answer (
  contract    text    not null,
  external_id text    not null,
  claimed_at  integer not null,           -- microseconds since 1970, UTC
  outcome     text    not null,
  run         integer not null,
  primary key (contract, external_id, claimed_at)
) without rowid;

create table mail_host (
  host        text primary key,
  takes_mail  integer not null,           -- 0 or 1
  answer      text    not null,
  answered_at text    not null
) without rowid;

alter table batch add column people_digest blob not null default x'';
