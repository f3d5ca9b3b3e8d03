-- What a run added is found without going through the whole ledger: a block has transfers of one run only.
alter table transfer_block add column run integer;   -- null: of an earlier payper
create index transfer_block_run on transfer_block (run);
create index return_answer_run on return_answer (run);
