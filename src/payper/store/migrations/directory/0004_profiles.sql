-- What a buyer wants, how it sells, to whom and what revenue is worth to it: the answers that advice is made from, as they stand.
create table profile (
  party      text primary key references party,
  text       text not null,                  -- TOML, as `payper advise` reads it
  changed_at text not null,
  person     text not null                   -- who changed it last: person or token id
);
