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
);

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
);
create index gift_uses_held on gift_uses (program_id, sku, until_at) where state = 'held';
