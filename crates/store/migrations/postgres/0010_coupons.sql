-- Coupon templates: what the coupons of one kind have in common; changed by new versions.
create table coupon_templates (
    program_id bigint not null,
    template_id bigint not null,
    version bigint not null,
    stock bigint,
    budget bigint,
    issued bigint not null check (issued >= 0),
    discounted bigint not null check (discounted >= 0),
    paused bigint not null,
    created_at bigint not null,
    updated_at bigint not null,
    primary key (program_id, template_id),
    check (stock is null or issued <= stock)
);

create table coupon_template_versions (
    program_id bigint not null,
    template_id bigint not null,
    version bigint not null,
    document text not null,
    created_at bigint not null,
    created_by text not null,
    primary key (program_id, template_id, version)
);

create table coupon_batches (
    program_id bigint not null,
    batch_id bigint not null,
    template_id bigint not null,
    version bigint not null,
    name text not null,
    codes bigint not null check (codes > 0),
    made bigint not null check (made >= 0 and made <= codes),
    created_at bigint not null,
    created_by text not null,
    primary key (program_id, batch_id)
);
create index coupon_batches_making on coupon_batches (program_id, batch_id) where made < codes;

-- Coupons: where each stands; only the ways of the table of states are gone.
create table coupons (
    program_id bigint not null,
    coupon_id bigint not null,
    template_id bigint not null,
    version bigint not null,
    code text not null,
    member_id bigint,
    home_id bigint,
    state text not null check (state in ('issued', 'locked', 'redeemed', 'expired', 'revoked', 'transferred')),
    valid_from bigint not null,
    valid_until bigint not null,
    received_at bigint not null,
    uses_left bigint not null check (uses_left >= 0),
    locked_by text,
    locked_until bigint,
    order_channel text,
    order_no text,
    discount bigint not null check (discount >= 0),
    source text not null,
    source_key text,
    batch_id bigint,
    due_at bigint,
    primary key (program_id, coupon_id),
    check ((state = 'locked') = (locked_by is not null)),
    check ((locked_by is null) = (locked_until is null)),
    check (state <> 'redeemed' or (order_no is not null and uses_left = 0)),
    check (state not in ('issued', 'locked') or uses_left > 0)
);
create unique index coupons_code on coupons (program_id, code);
create index coupons_member on coupons (program_id, member_id, coupon_id) where member_id is not null;
create index coupons_received on coupons (program_id, member_id, template_id, received_at) where member_id is not null;
create index coupons_pool on coupons (program_id, template_id, coupon_id) where member_id is null and source = 'import';
create index coupons_locked on coupons (program_id, template_id) where state = 'locked';
create index coupons_batch on coupons (program_id, batch_id, coupon_id) where batch_id is not null;
create index coupons_due on coupons (program_id, due_at) where due_at is not null;

create table coupon_events (
    program_id bigint not null,
    event_id bigint not null,
    coupon_id bigint not null,
    member_id bigint,
    home_id bigint,
    kind text not null,
    from_state text,
    to_state text not null,
    at bigint not null,
    recorded_at bigint not null,
    order_channel text,
    order_no text,
    discount bigint not null,
    uses bigint not null,
    channel text,
    shop text,
    staff text,
    reason text,
    primary key (program_id, event_id)
);
create index coupon_events_coupon on coupon_events (program_id, coupon_id, event_id);
create index coupon_events_member on coupon_events (program_id, member_id, at);
create index coupon_events_order on coupon_events (program_id, order_channel, order_no) where order_no is not null;
