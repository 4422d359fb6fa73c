-- Quotes kept for a while, so that a lock may name one.
create table checkout_quotes (
    program_id bigint not null,
    quote_id bigint not null,
    document text not null,
    created_at bigint not null,
    until_at bigint not null,
    primary key (program_id, quote_id)
);
create index checkout_quotes_until on checkout_quotes (program_id, until_at);

-- The latest lock of each order; whoever changes a lock holds this row.
create table checkout_keys (
    program_id bigint not null,
    channel text not null,
    order_no text not null,
    lock_id bigint not null,
    primary key (program_id, channel, order_no)
) without rowid;

-- Checkout locks: what of a member's assets waits for one order.
create table checkout_locks (
    program_id bigint not null,
    lock_id bigint not null,
    channel text not null,
    order_no text not null,
    member_id bigint,
    home_id bigint,
    state text not null check (state in ('held', 'confirmed', 'cancelled', 'released')),
    until_at bigint not null,
    fingerprint text not null,
    document text not null,
    hold_id bigint,
    wallet_hold_id bigint,
    order_id bigint,
    created_at bigint not null,
    ended_at bigint,
    primary key (program_id, lock_id),
    check ((state = 'confirmed') = (order_id is not null))
);
create index checkout_locks_due on checkout_locks (program_id, until_at) where state = 'held';
create index checkout_locks_member on checkout_locks (program_id, member_id, lock_id) where member_id is not null;

-- What confirmed orders have used of each promotion's budget and quota, over all members.
create table offer_quotas (
    program_id bigint not null,
    promotion text not null,
    money bigint not null check (money >= 0),
    uses bigint not null check (uses >= 0),
    pieces bigint not null check (pieces >= 0),
    primary key (program_id, promotion)
) without rowid;

-- What each lock has set aside or used of them.
create table offer_uses (
    program_id bigint not null,
    lock_id bigint not null,
    promotion text not null,
    member_id bigint,
    home_id bigint,
    money bigint not null check (money >= 0),
    pieces bigint not null check (pieces >= 0),
    state text not null check (state in ('held', 'used', 'freed')),
    until_at bigint not null,
    primary key (program_id, lock_id, promotion)
) without rowid;
create index offer_uses_held on offer_uses (program_id, promotion, until_at) where state = 'held';
create index offer_uses_member on offer_uses (program_id, member_id, promotion) where member_id is not null;

-- Who paid which part of which line of an order that came by a lock, and what refunds gave back.
create table order_tenders (
    program_id bigint not null,
    order_id bigint not null,
    lock_id bigint not null,
    wallet_hold_id bigint,
    allocation text not null,
    refunded text not null,
    primary key (program_id, order_id)
);

-- What 0002 tells the planner about sizes, for the new tables.
delete from sqlite_stat1 where tbl in ('checkout_quotes', 'checkout_keys', 'checkout_locks', 'offer_quotas', 'offer_uses', 'order_tenders');
insert into sqlite_stat1 (tbl, idx, stat)
select
    t.name,
    case when l.origin = 'pk' then t.name else l.name end,
    '1000000 ' || (
        select group_concat(
            case
                when i.name = 'program_id' and i.seqno = 0 then '1000000'
                when l."unique" and i.seqno = (select max(seqno) from pragma_index_info(l.name)) then '1'
                when i.name in ('state', 'channel') then '100000'
                else '10'
            end,
            ' '
        )
        from (select * from pragma_index_info(l.name) order by seqno) as i
    )
from sqlite_schema as t
join pragma_index_list(t.name) as l
where t.type = 'table' and t.name in ('checkout_quotes', 'checkout_keys', 'checkout_locks', 'offer_quotas', 'offer_uses', 'order_tenders');
analyze sqlite_schema;
