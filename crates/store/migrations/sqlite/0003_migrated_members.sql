-- Members brought from another system: each of its numbers once.
create table migrated_members (
    program_id bigint not null,
    source text not null,
    number text not null,
    member_id bigint,
    fingerprint text not null,
    receipt text,
    migrated_at bigint not null,
    primary key (program_id, source, number)
) without rowid;
