-- What the overview adds up: each figure is a range of an index that holds all it needs.

-- On which channels a member is known since when; the rows of a merged member are its survivor's.
create table member_channels (
    program_id bigint not null,
    member_id bigint not null,
    channel text not null,
    since bigint not null,
    is_first bigint not null,
    primary key (program_id, member_id, channel)
) without rowid;
create index member_channels_since on member_channels (program_id, channel, since, is_first);
-- Nothing tells since when members recorded so far are known on a channel: since they are recorded.
insert into member_channels (program_id, member_id, channel, since, is_first)
select m.program_id, m.member_id, c.value, m.created_at, case when c.key = 0 then 1 else 0 end
from members as m, json_each(m.channels) as c
where m.state = 'active';

create index members_created on members (program_id, created_at, state) where state = 'active';
create index members_first_order on members (program_id, first_order_at, member_id, state) where state = 'active';
drop index members_tier;
create index members_tier on members (program_id, tier, state) where state = 'active';

drop index orders_member;
create index orders_member on orders (program_id, member_id, paid_at, channel);
drop index orders_paid;
create index orders_paid on orders (
    program_id, channel, paid_at, member_id, rule_version, paid, shipping, refunded, shop
);

drop index entries_time;
create index entries_time on entries (program_id, kind, at, points, channel, shop);

create index lots_ending on lots (program_id, expires_at, available_at, remaining) where remaining > 0;
create index debts_owed on debts (program_id, member_id, points) where points > 0;
create index holds_ending on holds (program_id, until_at, member_id) where state = 'live';

-- The planner's beliefs anew, for the indexes above as well: see 0002_estimates.
analyze;
delete from sqlite_stat1;
insert into sqlite_stat1 (tbl, idx, stat)
select
    t.name,
    case when l.origin = 'pk' then t.name else l.name end,
    '1000000 ' || (
        select group_concat(
            case
                when i.name = 'program_id' and i.seqno = 0 then '1000000'
                when l."unique" and i.seqno = (select max(seqno) from pragma_index_info(l.name)) then '1'
                when i.name in ('status', 'state', 'tier', 'kind', 'channel', 'route') then '100000'
                else '10'
            end,
            ' '
        )
        from (select * from pragma_index_info(l.name) order by seqno) as i
    )
from sqlite_schema as t
join pragma_index_list(t.name) as l
where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> 'migrations';
analyze sqlite_schema;
