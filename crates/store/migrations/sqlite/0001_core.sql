-- Programs: one tenant's scheme, its rule versions and its settings.
create table programs (
    program_id bigint not null primary key,
    name text not null,
    currency text not null,
    time_zone text not null,
    created_at bigint not null
) without rowid;

create table program_versions (
    program_id bigint not null,
    version bigint not null,
    document text not null,
    effective_at bigint not null,
    published_at bigint not null,
    published_by text not null,
    note text,
    primary key (program_id, version)
) without rowid;

create table program_drafts (
    program_id bigint not null primary key,
    document text not null,
    revision bigint not null,
    updated_at bigint not null,
    updated_by text not null
) without rowid;

create table settings (
    program_id bigint not null,
    name text not null,
    value text not null,
    primary key (program_id, name)
) without rowid;

create table channels (
    program_id bigint not null,
    channel text not null,
    label_zh text not null,
    label_en text not null,
    default_mode text not null,
    primary key (program_id, channel)
) without rowid;

create table shops (
    program_id bigint not null,
    channel text not null,
    shop text not null,
    name text not null,
    mode text not null,
    first_seen_at bigint not null,
    primary key (program_id, channel, shop)
) without rowid;

-- Members: the row that is locked before anything of a member changes.
create table members (
    program_id bigint not null,
    member_id bigint not null,
    state text not null check (state in ('active', 'merged', 'erased')),
    merged_into bigint,
    bound bigint not null,
    created_at bigint not null,
    joined_at bigint,
    join_awarded bigint not null,
    profile_awarded bigint not null,
    name_cipher text,
    gender text,
    birthday text,
    phone_cipher text,
    verified_phone text,
    tier text not null,
    tier_since bigint not null,
    tier_until bigint,
    tier_granted bigint not null,
    growth_lifetime bigint not null,
    debt bigint not null check (debt >= 0),
    orders_count bigint not null,
    spent bigint not null,
    first_order_at bigint,
    last_order_at bigint,
    tags text not null,
    channels text not null,
    due_at bigint,
    revision bigint not null,
    primary key (program_id, member_id)
) without rowid;
create index members_due on members (program_id, due_at) where due_at is not null;
create index members_tier on members (program_id, tier) where state = 'active';
create index members_joined on members (program_id, joined_at);

-- The member's own key, wrapped by the master key; dropping it erases the person.
create table member_keys (
    program_id bigint not null,
    member_id bigint not null,
    wrapped text not null,
    primary key (program_id, member_id)
) without rowid;

-- Identities: who had which value when; at most one live owner of a value.
create table identities (
    program_id bigint not null,
    identity_id bigint not null,
    kind text not null,
    scope text not null,
    value_index text not null,
    value_cipher text,
    member_id bigint,
    home_id bigint,
    verified bigint not null,
    channel text,
    valid_from bigint not null,
    valid_until bigint,
    primary key (program_id, identity_id)
) without rowid;
create unique index identities_live on identities (program_id, value_index) where valid_until is null;
create index identities_member on identities (program_id, member_id);
create index identities_value on identities (program_id, value_index, valid_from);

-- Orders: the key is claimed first, so two deliveries of one order meet here.
create table order_keys (
    program_id bigint not null,
    channel text not null,
    order_no text not null,
    order_id bigint not null,
    primary key (program_id, channel, order_no)
) without rowid;

create table orders (
    program_id bigint not null,
    order_id bigint not null,
    channel text not null,
    order_no text not null,
    fingerprint text not null,
    shop text,
    staff text,
    touchpoint text,
    status text not null,
    placed_at bigint,
    paid_at bigint,
    completed_at bigint,
    closed_at bigint,
    member_id bigint,
    home_id bigint,
    identity_id bigint,
    paid bigint not null,
    shipping bigint not null,
    refunded bigint not null,
    lines text not null,
    points bigint not null,
    growth bigint not null,
    lot_id bigint,
    rule_version bigint,
    explanation text,
    spent_points bigint not null,
    spent_draws text,
    restored_points bigint not null,
    receipt text not null,
    recorded_at bigint not null,
    updated_at bigint not null,
    primary key (program_id, order_id)
) without rowid;
create index orders_member on orders (program_id, member_id, paid_at);
create index orders_paid on orders (program_id, paid_at);

create table refunds (
    program_id bigint not null,
    refund_id bigint not null,
    channel text not null,
    refund_no text not null,
    order_no text not null,
    order_id bigint,
    member_id bigint,
    status text not null check (status in ('waiting', 'done', 'dead')),
    fingerprint text not null,
    refunded_at bigint not null,
    amount bigint not null,
    lines text not null,
    receipt text not null,
    problem text,
    recorded_at bigint not null,
    waits_until bigint,
    primary key (program_id, refund_id)
) without rowid;
create unique index refunds_key on refunds (program_id, channel, refund_no);
create index refunds_order on refunds (program_id, order_id);
create index refunds_waiting on refunds (program_id, channel, order_no) where status = 'waiting';
create index refunds_time on refunds (program_id, refunded_at);

-- Points: lots carry the one running figure, entries are only ever added.
create table lots (
    program_id bigint not null,
    lot_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    points bigint not null check (points > 0),
    remaining bigint not null check (remaining >= 0),
    held bigint not null check (held >= 0),
    expired bigint not null check (expired >= 0),
    lapsed bigint not null check (lapsed >= 0),
    clawed_back bigint not null check (clawed_back >= 0),
    earned_at bigint not null,
    available_at bigint,
    pending bigint not null,
    expires_at bigint,
    source_kind text not null,
    order_id bigint,
    channel text,
    shop text,
    rule text,
    primary key (program_id, lot_id),
    check (remaining + held + expired + clawed_back <= points)
) without rowid;
create index lots_open on lots (program_id, member_id) where remaining > 0 or held > 0;
create index lots_member on lots (program_id, member_id, earned_at);

create table entries (
    program_id bigint not null,
    entry_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    kind text not null,
    points bigint not null,
    moved bigint,
    debt bigint not null,
    lot_id bigint,
    changes text not null,
    at bigint not null,
    recorded_at bigint not null,
    order_id bigint,
    refund_id bigint,
    hold_id bigint,
    channel text,
    shop text,
    staff text,
    rule_version bigint,
    key text,
    primary key (program_id, entry_id)
) without rowid;
create index entries_member on entries (program_id, member_id, at, entry_id);
create index entries_time on entries (program_id, at);

create table debts (
    program_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    points bigint not null check (points >= 0),
    primary key (program_id, member_id, home_id)
) without rowid;

create table holds (
    program_id bigint not null,
    hold_id bigint not null,
    member_id bigint not null,
    points bigint not null check (points > 0),
    purpose text not null,
    until_at bigint not null,
    state text not null check (state in ('live', 'confirmed', 'cancelled', 'released')),
    draws text not null,
    created_at bigint not null,
    ended_at bigint,
    receipt text,
    primary key (program_id, hold_id)
) without rowid;
create index holds_live on holds (program_id, member_id) where state = 'live';

-- Growth and tiers.
create table growth_entries (
    program_id bigint not null,
    growth_id bigint not null,
    member_id bigint not null,
    home_id bigint not null,
    at bigint not null,
    points bigint not null,
    order_id bigint,
    refund_id bigint,
    reason text,
    recorded_at bigint not null,
    primary key (program_id, growth_id)
) without rowid;
create index growth_member on growth_entries (program_id, member_id, at, points);

create table tier_changes (
    program_id bigint not null,
    change_id bigint not null,
    member_id bigint not null,
    at bigint not null,
    from_tier text not null,
    to_tier text not null,
    reason text not null,
    until_at bigint,
    recorded_at bigint not null,
    primary key (program_id, change_id)
) without rowid;
create index tier_changes_member on tier_changes (program_id, member_id, at);
create index tier_changes_time on tier_changes (program_id, at);

create table budgets (
    program_id bigint not null,
    multiplier text not null,
    used bigint not null check (used >= 0),
    primary key (program_id, multiplier)
) without rowid;

-- Merges, and what a person has to decide.
create table merges (
    program_id bigint not null,
    merge_id bigint not null,
    survivor_id bigint not null,
    absorbed_id bigint not null,
    at bigint not null,
    by_whom text not null,
    reason text not null,
    before text not null,
    undone_at bigint,
    undone_by text,
    primary key (program_id, merge_id)
) without rowid;
create index merges_survivor on merges (program_id, survivor_id);
create index merges_absorbed on merges (program_id, absorbed_id);

create table reviews (
    program_id bigint not null,
    review_id bigint not null,
    kind text not null,
    state text not null check (state in ('open', 'decided')),
    opened_at bigint not null,
    member_id bigint,
    other_id bigint,
    order_id bigint,
    identity_id bigint,
    evidence text not null,
    decision text,
    decided_at bigint,
    decided_by text,
    reason text,
    primary key (program_id, review_id)
) without rowid;
create index reviews_open on reviews (program_id, state, review_id);

-- First answers, kept so that a repeated request is answered the same.
create table answers (
    program_id bigint not null,
    route text not null,
    key text not null,
    fingerprint text not null,
    body text not null,
    recorded_at bigint not null,
    primary key (program_id, route, key)
) without rowid;
create index answers_age on answers (recorded_at);

-- Who may do what.
create table api_keys (
    program_id bigint not null,
    key_id bigint not null,
    name text not null,
    secret_hash text not null,
    scopes text not null,
    shops text not null,
    created_at bigint not null,
    revoked_at bigint,
    last_used_at bigint,
    primary key (program_id, key_id)
) without rowid;
create unique index api_keys_secret on api_keys (secret_hash);

create table staff (
    program_id bigint not null,
    staff_id bigint not null,
    name text not null,
    display_name text not null,
    password_hash text not null,
    totp_cipher text,
    role text not null,
    shops text not null,
    state text not null check (state in ('active', 'disabled')),
    created_at bigint not null,
    failed_count bigint not null,
    locked_until bigint,
    primary key (program_id, staff_id)
) without rowid;
create unique index staff_name on staff (name);

create table sessions (
    session_hash text not null primary key,
    program_id bigint not null,
    staff_id bigint not null,
    csrf text not null,
    created_at bigint not null,
    expires_at bigint not null,
    last_seen_at bigint not null
) without rowid;
create index sessions_staff on sessions (program_id, staff_id);

-- The audit log: each line carries the hash of the one before.
create table audit_log (
    program_id bigint not null,
    seq bigint not null,
    at bigint not null,
    actor text not null,
    action text not null,
    object text not null,
    member_id bigint,
    detail text not null,
    previous_hash text not null,
    hash text not null,
    primary key (program_id, seq)
) without rowid;
create index audit_member on audit_log (program_id, member_id, seq);

create table audit_heads (
    program_id bigint not null primary key,
    seq bigint not null,
    hash text not null
) without rowid;

create table notes (
    program_id bigint not null,
    note_id bigint not null,
    member_id bigint not null,
    at bigint not null,
    author text not null,
    text_cipher text not null,
    primary key (program_id, note_id)
) without rowid;
create index notes_member on notes (program_id, member_id, note_id);

-- Long imports: where each file stands, so that they resume.
create table imports (
    program_id bigint not null,
    import_id bigint not null,
    file text not null,
    fingerprint text not null,
    position bigint not null,
    done bigint not null,
    rejected bigint not null,
    state text not null,
    started_at bigint not null,
    updated_at bigint not null,
    primary key (program_id, import_id)
) without rowid;

-- Node numbers of identifiers: each running process leases one.
create table nodes (
    node bigint not null primary key,
    holder text not null,
    leased_until bigint not null
) without rowid;

-- Which process runs the background work; a lease, so that a dead one is replaced.
create table leases (
    name text not null primary key,
    holder text not null,
    until_at bigint not null
) without rowid;
