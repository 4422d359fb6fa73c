-- The points mall: what it offers and what was taken.
create table mall_goods (
    program_id bigint not null,
    good_id bigint not null,
    document text not null,
    stock bigint,
    taken bigint not null check (taken >= 0),
    listed bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (program_id, good_id),
    check (stock is null or taken <= stock)
);

create table mall_exchanges (
    program_id bigint not null,
    exchange_id bigint not null,
    good_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    quantity bigint not null check (quantity > 0),
    points bigint not null check (points > 0),
    cash bigint not null check (cash >= 0),
    draws text not null,
    delivery text not null,
    state text not null check (state in ('open', 'done', 'returned')),
    pickup_code text,
    channel text,
    shop text,
    handed_by text,
    coupon_id bigint,
    taken_at bigint not null,
    ended_at bigint,
    primary key (program_id, exchange_id)
);
create unique index mall_exchanges_code on mall_exchanges (program_id, pickup_code) where pickup_code is not null;
create index mall_exchanges_member on mall_exchanges (program_id, member_id, exchange_id);
create index mall_exchanges_good on mall_exchanges (program_id, member_id, good_id);
