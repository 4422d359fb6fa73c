-- What of an order's shipping was refunded, and what of a refund is of the shipping.
alter table orders add column refunded_shipping bigint not null default 0;
alter table refunds add column shipping bigint not null default 0;

-- Goods that are given with a purchase and of which there are only so many.
create table gift_goods (
    program_id bigint not null,
    sku text not null,
    stock bigint not null check (stock >= 0),
    taken bigint not null check (taken >= 0),
    updated_at bigint not null,
    primary key (program_id, sku)
) without rowid;

-- What each lock has set aside or taken of them, and what came back.
create table gift_uses (
    program_id bigint not null,
    lock_id bigint not null,
    sku text not null,
    pieces bigint not null check (pieces > 0),
    returned bigint not null check (returned >= 0 and returned <= pieces),
    state text not null check (state in ('held', 'used', 'freed')),
    until_at bigint not null,
    primary key (program_id, lock_id, sku)
) without rowid;
create index gift_uses_held on gift_uses (program_id, sku, until_at) where state = 'held';

-- What 0002 tells the planner about sizes, for the new tables.
delete from sqlite_stat1 where tbl in ('gift_goods', 'gift_uses');
insert into sqlite_stat1 (tbl, idx, stat)
select
    t.name,
    case when l.origin = 'pk' then t.name else l.name end,
    '1000000 ' || (
        select group_concat(
            case
                when i.name = 'program_id' and i.seqno = 0 then '1000000'
                when l."unique" and i.seqno = (select max(seqno) from pragma_index_info(l.name)) then '1'
                else '10'
            end,
            ' '
        )
        from (select * from pragma_index_info(l.name) order by seqno) as i
    )
from sqlite_schema as t
join pragma_index_list(t.name) as l
where t.type = 'table' and t.name in ('gift_goods', 'gift_uses');
analyze sqlite_schema;
