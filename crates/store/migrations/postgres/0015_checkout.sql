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
);

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
);

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
);
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
