-- Against abuse: what claims and redemptions were counted for whom. Orders and returns are
-- counted from the orders themselves.
create table abuse_events (
    program_id bigint not null,
    event_id bigint not null,
    counts text not null check (counts in ('claims', 'redemptions')),
    subject text not null,
    at bigint not null,
    primary key (program_id, event_id)
) without rowid;
create index abuse_events_subject on abuse_events (program_id, subject, counts, at);
create index abuse_events_age on abuse_events (at);

-- Whoever counts for a subject holds its row; what came before `passed_at` a person let pass.
create table abuse_subjects (
    program_id bigint not null,
    subject text not null,
    passed_at bigint not null,
    seen bigint not null,
    primary key (program_id, subject)
) without rowid;

-- Members and devices that are stopped.
create table abuse_blocks (
    program_id bigint not null,
    subject text not null,
    member_id bigint,
    reason text not null,
    until_at bigint,
    blocked_at bigint not null,
    blocked_by text not null,
    primary key (program_id, subject)
) without rowid;
create index abuse_blocks_member on abuse_blocks (program_id, member_id) where member_id is not null;

-- What each review of the kind `abuse` is about; of one thing only one is open.
create table abuse_cases (
    program_id bigint not null,
    review_id bigint not null,
    case_key text not null,
    order_id bigint,
    state text not null check (state in ('open', 'decided')),
    primary key (program_id, review_id)
) without rowid;
create unique index abuse_cases_open on abuse_cases (program_id, case_key) where state = 'open';
create index abuse_cases_order on abuse_cases (program_id, order_id) where order_id is not null and state = 'open';

-- What 0002 tells the planner about sizes, for the new tables.
delete from sqlite_stat1 where tbl in ('abuse_events', 'abuse_subjects', 'abuse_blocks', 'abuse_cases');
insert into sqlite_stat1 (tbl, idx, stat)
select
    t.name,
    case when l.origin = 'pk' then t.name else l.name end,
    '1000000 ' || (
        select group_concat(
            case
                when i.name = 'program_id' and i.seqno = 0 then '1000000'
                when l."unique" and i.seqno = (select max(seqno) from pragma_index_info(l.name)) then '1'
                when i.name in ('state', 'counts') then '100000'
                else '10'
            end,
            ' '
        )
        from (select * from pragma_index_info(l.name) order by seqno) as i
    )
from sqlite_schema as t
join pragma_index_list(t.name) as l
where t.type = 'table' and t.name in ('abuse_events', 'abuse_subjects', 'abuse_blocks', 'abuse_cases');
analyze sqlite_schema;
