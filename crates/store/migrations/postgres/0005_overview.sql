-- What the overview adds up: each figure is a range of an index that holds all it needs.

-- On which channels a member is known since when; the rows of a merged member are its survivor's.
create table member_channels (
    program_id bigint not null,
    member_id bigint not null,
    channel text not null,
    since bigint not null,
    is_first bigint not null,
    primary key (program_id, member_id, channel)
);
create index member_channels_since on member_channels (program_id, channel, since, is_first);
-- Nothing tells since when members recorded so far are known on a channel: since they are recorded.
insert into member_channels (program_id, member_id, channel, since, is_first)
select m.program_id, m.member_id, c.value, m.created_at, case when c.place = 1 then 1 else 0 end
from members as m, jsonb_array_elements_text(m.channels::jsonb) with ordinality as c(value, place)
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
