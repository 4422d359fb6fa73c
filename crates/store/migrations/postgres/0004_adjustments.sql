-- Adjustments above the limit: each waits for somebody else's word.
create table adjustments (
    program_id bigint not null,
    adjustment_id bigint not null,
    member_id bigint not null,
    points bigint not null check (points <> 0),
    reason text not null,
    expires_at bigint,
    allow_debt bigint not null,
    undoes bigint,
    state text not null check (state in ('pending', 'approved', 'rejected')),
    asked_at bigint not null,
    asked_by text not null,
    asker text not null,
    decided_at bigint,
    decided_by text,
    decision_reason text,
    entry_id bigint,
    primary key (program_id, adjustment_id)
);
create index adjustments_state on adjustments (program_id, state, adjustment_id);
create index adjustments_member on adjustments (program_id, member_id, adjustment_id);

-- Adjustments taken back, each once.
create table undone_entries (
    program_id bigint not null,
    entry_id bigint not null,
    undone_by bigint not null,
    primary key (program_id, entry_id)
);
create unique index undone_entries_by on undone_entries (program_id, undone_by);
