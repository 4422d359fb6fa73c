-- Stored value: what was paid in and what came on top, in lots.
create table wallet_top_ups (
    program_id bigint not null,
    top_up_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    principal bigint not null check (principal > 0),
    bonus bigint not null check (bonus >= 0),
    refunded bigint not null check (refunded >= 0 and refunded <= principal),
    bonus_taken bigint not null check (bonus_taken >= 0),
    plan text,
    channel text not null,
    shop text,
    staff text,
    at bigint not null,
    primary key (program_id, top_up_id)
);
create index wallet_top_ups_member on wallet_top_ups (program_id, member_id, top_up_id);

create table wallet_lots (
    program_id bigint not null,
    lot_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    part text not null check (part in ('principal', 'bonus')),
    amount bigint not null check (amount > 0),
    remaining bigint not null check (remaining >= 0),
    held bigint not null check (held >= 0),
    received_at bigint not null,
    expires_at bigint,
    top_up_id bigint not null,
    primary key (program_id, lot_id),
    check (remaining + held <= amount)
);
create index wallet_lots_open on wallet_lots (program_id, member_id) where remaining > 0 or held > 0;
create index wallet_lots_top_up on wallet_lots (program_id, top_up_id);
create index wallet_lots_due on wallet_lots (program_id, expires_at) where expires_at is not null and remaining > 0;

create table wallet_holds (
    program_id bigint not null,
    hold_id bigint not null,
    member_id bigint not null,
    amount bigint not null check (amount > 0),
    purpose text not null,
    until_at bigint not null,
    state text not null check (state in ('live', 'confirmed', 'cancelled', 'released')),
    draws text not null,
    order_channel text,
    order_no text,
    created_at bigint not null,
    primary key (program_id, hold_id)
);
create index wallet_holds_live on wallet_holds (program_id, member_id) where state = 'live';
create index wallet_holds_due on wallet_holds (program_id, until_at) where state = 'live';
create index wallet_holds_order on wallet_holds (program_id, order_channel, order_no) where order_no is not null;

create table wallet_entries (
    program_id bigint not null,
    entry_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    kind text not null,
    part text not null,
    lot_id bigint not null,
    amount bigint not null,
    moved bigint not null,
    at bigint not null,
    recorded_at bigint not null,
    hold_id bigint,
    top_up_id bigint not null,
    channel text,
    shop text,
    staff text,
    order_channel text,
    order_no text,
    reason text,
    primary key (program_id, entry_id)
);
create index wallet_entries_member on wallet_entries (program_id, member_id, entry_id);
create index wallet_entries_lot on wallet_entries (program_id, lot_id);
create index wallet_entries_hold on wallet_entries (program_id, hold_id) where hold_id is not null;
create index wallet_entries_time on wallet_entries (program_id, at);
