-- Who uses the installation: parties, people, how they sign in, where each buyer's book is. Secrets are kept as digests only.
create table setting (
  name  text primary key,
  value blob not null
) without rowid;

create table party (
  party      text    primary key,
  name       text    not null,
  kind       text    not null,             -- buyer, provider, both
  zone       text    not null,
  is_operator integer not null,            -- 1 for the party that runs the installation
  created_at text    not null
) without rowid;

create table book (
  party   text primary key references party,
  address text not null                    -- as of store.open_database
) without rowid;

create table joined (                      -- which parties a contract joins, so that a provider's contracts are found over all books
  buyer    text not null references party,
  contract text not null,
  provider text not null,
  primary key (buyer, contract)
) without rowid;
create index joined_provider on joined (provider, buyer, contract);

create table person (
  person        text    primary key,       -- random id
  party         text    not null references party,
  email         text    not null unique,   -- normal form
  name          text    not null,
  role          text    not null,
  password      text,                      -- argon2 string; null: none set yet
  totp_secret   text,                      -- null: no second factor
  totp_last     integer not null,          -- the last time step used, so that a code serves once
  subject       text    unique,            -- issuer and subject of a sign-in elsewhere
  failures      integer not null,          -- wrong passwords in a row
  locked_until  text,
  is_active     integer not null,
  created_at    text    not null
) without rowid;
create index person_party on person (party, email);

create table invitation (
  digest     text primary key,
  person     text not null references person,
  expires_at text not null
) without rowid;

create table session (
  digest     text primary key,
  person     text not null references person,
  csrf       text not null,
  created_at text not null,
  seen_at    text not null,
  expires_at text not null
) without rowid;
create index session_person on session (person);

create table token (
  token      text primary key,             -- public id
  digest     text not null unique,
  party      text not null references party,
  person     text not null references person,
  name       text not null,
  purposes   text not null,                -- acts, with blanks between
  created_at text not null,
  expires_at text,
  used_at    text,
  revoked_at text
) without rowid;
create index token_party on token (party, created_at);

create table audit (                       -- who read personal data or changed rights; only ever added to
  audit   integer primary key,
  at      text not null,
  party   text not null,
  who     text not null,                   -- person or token id
  act     text not null,
  subject text not null,
  detail  text not null
);
create index audit_party on audit (party, audit);
