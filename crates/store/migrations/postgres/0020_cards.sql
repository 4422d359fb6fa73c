-- Cards that members bought or were given: benefit cards and service cards with their visits.
create table cards (
    program_id bigint not null,
    card_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    name text not null,
    kind text not null check (kind in ('benefit', 'service')),
    terms text not null,
    paid_by text not null check (paid_by in ('money', 'points', 'gift', 'exchange')),
    money bigint not null check (money >= 0),
    points bigint not null check (points >= 0),
    draws text not null,
    entry_id bigint,
    order_channel text,
    order_no text,
    channel text,
    shop text,
    staff text,
    exchange_id bigint,
    sold_at bigint not null,
    valid_from bigint not null,
    valid_until bigint not null,
    visits_left bigint check (visits_left >= 0),
    used_up_at bigint,
    ended text check (ended in ('refunded', 'revoked')),
    ended_at bigint,
    ended_reason text,
    money_back bigint not null check (money_back >= 0 and money_back <= money),
    points_back bigint not null check (points_back >= 0 and points_back <= points),
    primary key (program_id, card_id),
    check ((ended is null) = (ended_at is null)),
    check ((kind = 'service') = (visits_left is not null))
);
create index cards_member on cards (program_id, member_id, card_id);
create unique index cards_exchange on cards (program_id, exchange_id) where exchange_id is not null;

-- Each use of a service card; one that was taken back stays with the reason.
create table card_visits (
    program_id bigint not null,
    visit_id bigint not null,
    card_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    used_by bigint not null,
    visits bigint not null check (visits > 0),
    channel text not null,
    shop text,
    staff text,
    at bigint not null,
    undone_at bigint,
    undone_by text,
    undone_reason text,
    primary key (program_id, visit_id),
    check ((undone_at is null) = (undone_by is null))
);
create index card_visits_card on card_visits (program_id, card_id, visit_id);
create index card_visits_member on card_visits (program_id, member_id);

-- What tiers and cards give by themselves: planned, then given once per member, benefit and period.
create table benefits (
    program_id bigint not null,
    delivery_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    benefit text not null,
    period text not null,
    tier text,
    card_id bigint,
    gift text not null,
    due_at bigint not null,
    given_at bigint,
    points bigint not null check (points >= 0),
    entry_id bigint,
    coupons bigint not null check (coupons >= 0),
    problem text,
    primary key (program_id, delivery_id),
    check (given_at is not null or (points = 0 and coupons = 0)),
    check ((points > 0) = (entry_id is not null))
);
create unique index benefits_once on benefits (program_id, home_id, benefit, period);
create index benefits_member on benefits (program_id, member_id, delivery_id);
create index benefits_due on benefits (program_id, due_at, delivery_id) where given_at is null;
create index benefits_card on benefits (program_id, card_id) where card_id is not null;

-- The coupons each gift gave.
create table benefit_coupons (
    program_id bigint not null,
    delivery_id bigint not null,
    coupon_id bigint not null,
    primary key (program_id, delivery_id, coupon_id)
);

-- How far the gifts of the calendar are given: every day up to one, of the next those members
-- up to a number.
create table benefit_calendar (
    program_id bigint not null,
    done_until bigint not null,
    after_member bigint not null,
    primary key (program_id)
);
