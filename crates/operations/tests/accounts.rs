//! Programs, keys, accounts, sessions, notes and leases on a database of their own: SQLite, and
//! PostgreSQL where `HUI_TEST_POSTGRES_URL` names one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use hui_loyalty::ids::{NewIds as _, ProgramId};
use hui_loyalty::members::{Claim, IdentityKind, Profile};
use hui_loyalty::time::Timestamp;
use hui_operations::Operations;
use hui_operations::actor::{Actor, Right, Rights, Role, ShopScope};
use hui_operations::audit::{Filter, list_audit, verify_audit};
use hui_operations::channels::{list_channels, list_shops, register_channel};
use hui_operations::clock::Clock;
use hui_operations::ids::Ids;
use hui_operations::join_member::{JoinRequest, join_member};
use hui_operations::keys::{KeyError, NewKey, authenticate_key, create_key, list_keys, revoke_key};
use hui_operations::leases::{NODE_LEASE_S, lease_node, try_acquire};
use hui_operations::notes::{NoteError, add_note, list_notes, reveal};
use hui_operations::programs::{
    ProgramError, bootstrap, check_draft, create_program, get_draft, in_force, list_versions,
    publish, put_draft,
};
use hui_operations::sessions::{
    SignInError, begin_totp, change_own_password, check_session, confirm_totp, sign_in, sign_out,
};
use hui_operations::settings::{get_setting, put_setting, restore, set_sandbox_clock};
use hui_operations::staff::{
    NewStaff, StaffChange, StaffError, change_staff, create_staff, disable_staff, list_staff,
};
use hui_store::shops::ChannelRow;
use hui_store::vault::Vault;
use hui_store::{Store, StoreOptions};
use sha1::Sha1;

const NOW: Timestamp = Timestamp(1_780_000_000_000_000);

async fn on_every_database(story: impl AsyncFn(Operations)) {
    let mut ids = Ids::for_node(1);
    let name = ids.next_id();
    let folder = std::env::temp_dir().join(format!("hui-accounts-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let url = format!("sqlite://{}", folder.join("hui.db").display());
    let mut options = vec![StoreOptions::new(url)];
    if let Ok(url) = std::env::var("HUI_TEST_POSTGRES_URL") {
        let mut postgres = StoreOptions::new(url);
        postgres.schema = Some(format!("accounts_{name}"));
        options.push(postgres);
    }
    for options in options {
        let store = Store::connect(&options).await.unwrap();
        store.migrate(NOW).await.unwrap();
        let clock = Clock::frozen(NOW);
        story(Operations::new(store.clone(), clock, ids.clone(), Vault::development())).await;
        store.close().await;
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

async fn started(operations: &Operations) -> (ProgramId, Actor) {
    let program = bootstrap(operations, Some("the first secret"), Some(("admin", "correct horse")))
        .await
        .unwrap();
    (program, Actor::system(program, "test"))
}

fn manager() -> NewStaff {
    NewStaff {
        name: "li.na".to_owned(),
        display_name: Some("李娜".to_owned()),
        role: Role::StoreManager,
        shops: ShopScope::Only(vec!["pos/S1".to_owned()]),
        password: "battery staple".to_owned(),
    }
}

#[tokio::test]
async fn starting_twice_changes_nothing() {
    on_every_database(async |operations| {
        let (program, system) = started(&operations).await;
        let again =
            bootstrap(&operations, Some("the first secret"), Some(("admin", "another one")))
                .await
                .unwrap();

        assert_eq!(again, program);
        assert_eq!(list_keys(&operations, &system).await.unwrap().len(), 1);
        assert_eq!(list_staff(&operations, &system).await.unwrap().len(), 1);
        assert!(sign_in(&operations, "admin", "correct horse", None).await.is_ok());
        let key = authenticate_key(&operations, "the first secret").await.unwrap().unwrap();
        assert_eq!((key.program, key.rights), (program, Rights::all()));
        assert_eq!(in_force(&operations, &system).await.unwrap().version, 1);
    })
    .await;
}

#[tokio::test]
async fn a_second_program_has_its_own_currency_and_key() {
    on_every_database(async |operations| {
        let (program, system) = started(&operations).await;
        let made = create_program(&operations, &system, "Tokyo", "JPY", "Asia/Tokyo", None)
            .await
            .unwrap()
            .receipt;
        let key = authenticate_key(&operations, &made.api_key).await.unwrap().unwrap();

        assert_ne!(made.program_id, program);
        assert_eq!(key.program, made.program_id);
        let rules = in_force(&operations, &key).await.unwrap();
        assert_eq!(rules.document["currency"], "JPY");
        assert_eq!(rules.effective_at, Timestamp(0));
        assert!(matches!(
            create_program(&operations, &system, "Nowhere", "JPY", "Asia/Nowhere", None).await,
            Err(ProgramError::Problems(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn a_draft_is_published_from_now_on_and_never_before() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let no_draft = publish(&operations, &system, None, None, None).await;
        assert!(matches!(no_draft, Err(ProgramError::NoDraft)));

        let wrong = serde_json::json!({ "currency": "CNY", "colour": "red" });
        put_draft(&operations, &system, wrong).await.unwrap();
        assert_eq!(check_draft(&operations, &system).await.unwrap()[0].pointer, "/colour");
        let refused = publish(&operations, &system, None, None, None).await;
        assert!(matches!(refused, Err(ProgramError::Problems(_))));

        let mut document = in_force(&operations, &system).await.unwrap().document;
        document["points"]["awards"] = serde_json::json!({});
        let draft = put_draft(&operations, &system, document).await.unwrap();
        assert_eq!(draft.revision, 2);
        let early = Timestamp(NOW.0 - 1);
        let refused = publish(&operations, &system, Some(early), None, None).await;
        assert!(matches!(refused, Err(ProgramError::EffectiveInPast(at)) if at == early));
        let published = publish(&operations, &system, Some(NOW), None, None).await.unwrap().receipt;

        assert_eq!((published.version, published.effective_at), (2, NOW));
        assert_eq!(in_force(&operations, &system).await.unwrap().version, 2);
        assert_eq!(list_versions(&operations, &system).await.unwrap().len(), 2);
        assert!(matches!(get_draft(&operations, &system).await, Err(ProgramError::NoDraft)));
        assert!(verify_audit(&operations, &system).await.unwrap().broken_at.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_key_does_no_more_than_its_maker_and_nothing_once_revoked() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let rights: Rights = [Right::OrdersWrite, Right::KeysWrite].into_iter().collect();
        let shops = ShopScope::Only(vec!["pos/S1".to_owned()]);
        let new = NewKey { name: "till".to_owned(), rights, shops: shops.clone() };
        let made = create_key(&operations, &system, new.clone(), None).await.unwrap().receipt;
        let till = authenticate_key(&operations, &made.secret).await.unwrap().unwrap();
        assert_eq!((till.rights, &till.shops), (rights, &shops));

        let wider = NewKey { shops: ShopScope::All, ..new.clone() };
        let refused = create_key(&operations, &till, wider, None).await;
        assert!(matches!(refused, Err(KeyError::NotYourShops)));
        let more = NewKey { rights: Rights::all(), ..new };
        assert!(matches!(
            create_key(&operations, &till, more, None).await,
            Err(KeyError::NotYours(_))
        ));

        revoke_key(&operations, &system, made.key_id).await.unwrap();
        revoke_key(&operations, &system, made.key_id).await.unwrap();
        assert_eq!(authenticate_key(&operations, &made.secret).await.unwrap(), None);
        let filter = Filter { action: Some("key.revoke".to_owned()), ..Filter::default() };
        let lines = list_audit(&operations, &system, &filter, None, 10).await.unwrap();
        assert_eq!(lines.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_session_goes_on_until_it_is_ended() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        create_staff(&operations, &system, manager(), None).await.unwrap();
        let taken = create_staff(&operations, &system, manager(), None).await;
        assert!(matches!(taken, Err(StaffError::NameTaken)));
        let one = sign_in(&operations, "li.na", "battery staple", None).await.unwrap();
        let two = sign_in(&operations, "li.na", "battery staple", None).await.unwrap();
        let session = check_session(&operations, &one.token).await.unwrap().unwrap();
        assert_eq!((&session.csrf, &session.actor), (&one.csrf, &one.actor));
        assert_eq!(session.actor.shops, ShopScope::Only(vec!["pos/S1".to_owned()]));

        let actor = &session.actor;
        let wrong =
            change_own_password(&operations, actor, &one.token, "wrong one", "new password").await;
        assert!(matches!(wrong, Err(StaffError::WrongPassword)));
        change_own_password(&operations, actor, &one.token, "battery staple", "new password")
            .await
            .unwrap();
        assert!(check_session(&operations, &one.token).await.unwrap().is_some());
        assert!(check_session(&operations, &two.token).await.unwrap().is_none());

        sign_out(&operations, &one.token).await.unwrap();
        assert!(check_session(&operations, &one.token).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn ten_failures_lock_out_and_a_new_password_frees() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let made = create_staff(&operations, &system, manager(), None).await.unwrap().receipt;
        for _ in 0..10 {
            let refused = sign_in(&operations, "li.na", "wrong", None).await;
            assert!(matches!(refused, Err(SignInError::Refused)));
        }
        let locked = sign_in(&operations, "li.na", "battery staple", None).await;
        assert!(matches!(locked, Err(SignInError::Refused)));
        let unknown = sign_in(&operations, "nobody", "battery staple", None).await;
        assert!(matches!(unknown, Err(SignInError::Refused)));

        let change =
            StaffChange { password: Some("a new password".to_owned()), ..StaffChange::default() };
        change_staff(&operations, &system, made.id, change).await.unwrap();
        assert!(sign_in(&operations, "li.na", "a new password", None).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_loses_its_sessions_and_the_last_administrator_stays() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let made = create_staff(&operations, &system, manager(), None).await.unwrap().receipt;
        let session = sign_in(&operations, "li.na", "battery staple", None).await.unwrap();
        let refused = disable_staff(&operations, &session.actor, {
            let all = list_staff(&operations, &system).await.unwrap();
            all.iter().find(|one| one.role == Role::Admin).unwrap().id
        })
        .await;
        assert!(matches!(refused, Err(StaffError::NotYours)));
        disable_staff(&operations, &system, made.id).await.unwrap();
        assert!(check_session(&operations, &session.token).await.unwrap().is_none());
        assert!(sign_in(&operations, "li.na", "battery staple", None).await.is_err());

        let all = list_staff(&operations, &system).await.unwrap();
        let admin = all.iter().find(|one| one.role == Role::Admin).unwrap();
        let refused = disable_staff(&operations, &system, admin.id).await;
        assert!(matches!(refused, Err(StaffError::LastAdmin)));
    })
    .await;
}

#[tokio::test]
async fn an_account_with_another_role_or_other_shops_signs_in_anew() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let made = create_staff(&operations, &system, manager(), None).await.unwrap().receipt;
        let signed_in = async || {
            let session = sign_in(&operations, "li.na", "battery staple", None).await.unwrap();
            session.token
        };
        let goes_on =
            async |token: String| check_session(&operations, &token).await.unwrap().is_some();
        let change = async |change| {
            change_staff(&operations, &system, made.id, change).await.unwrap();
        };

        let token = signed_in().await;
        let name = Some("李娜娜".to_owned());
        change(StaffChange {
            display_name: name,
            role: Some(Role::StoreManager),
            ..StaffChange::default()
        })
        .await;
        assert!(goes_on(token.clone()).await);
        change(StaffChange { role: Some(Role::Cashier), ..StaffChange::default() }).await;
        assert!(!goes_on(token).await);

        let token = signed_in().await;
        let shops = ShopScope::Only(vec!["pos/S2".to_owned()]);
        change(StaffChange { shops: Some(shops), ..StaffChange::default() }).await;
        assert!(!goes_on(token).await);
    })
    .await;
}

/// What an authenticator shows, `steps` of 30 seconds from now: RFC 6238 apart from the code under test.
fn code(secret: &str, steps: i64) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digit = |byte: u8| DIGITS.iter().position(|digit| *digit == byte).unwrap();
    let bits: Vec<usize> = secret
        .bytes()
        .flat_map(|byte| (0..5).rev().map(move |bit| digit(byte) >> bit & 1))
        .collect();
    let byte = |bits: &[usize]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
    let key: Vec<u8> = bits.chunks_exact(8).map(|bits| byte(bits).try_into().unwrap()).collect();
    let step = Clock::system().now().0 / 30_000_000 + steps;
    let mut mac = <Hmac<Sha1>>::new_from_slice(&key).unwrap();
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let begin = usize::from(digest[19] & 15);
    let number = u32::from_be_bytes(digest[begin..begin + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[tokio::test]
async fn a_confirmed_authenticator_is_asked_for_and_each_code_counts_once() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let made = create_staff(&operations, &system, manager(), None).await.unwrap().receipt;
        let sign_in =
            async |code: Option<&str>| sign_in(&operations, "li.na", "battery staple", code).await;
        let actor = sign_in(None).await.unwrap().actor;
        let setup = begin_totp(&operations, &actor).await.unwrap();
        assert!(setup.uri.contains(&setup.secret));
        let far = confirm_totp(&operations, &actor, &code(&setup.secret, 10)).await;
        assert!(matches!(far, Err(StaffError::WrongCode)));
        assert!(sign_in(None).await.is_ok(), "asked for before it was confirmed");

        let (first, second) = (code(&setup.secret, 0), code(&setup.secret, 1));
        confirm_totp(&operations, &actor, &first).await.unwrap();
        let again = begin_totp(&operations, &actor).await;
        assert!(matches!(again, Err(StaffError::TotpThere)));
        assert!(matches!(sign_in(None).await, Err(SignInError::TotpNeeded)));
        assert!(matches!(sign_in(Some(&first)).await, Err(SignInError::TotpWrong)));
        assert!(sign_in(Some(&second)).await.is_ok());
        assert!(matches!(sign_in(Some(&second)).await, Err(SignInError::TotpWrong)));

        let change = StaffChange { remove_totp: true, ..StaffChange::default() };
        change_staff(&operations, &system, made.id, change).await.unwrap();
        assert!(sign_in(None).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn signing_in_and_failing_to_stand_in_the_audit_log() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        assert!(sign_in(&operations, "admin", "wrong", None).await.is_err());
        let session = sign_in(&operations, "admin", "correct horse", None).await.unwrap();
        sign_out(&operations, &session.token).await.unwrap();

        let lines = list_audit(&operations, &system, &Filter::default(), None, 3).await.unwrap();
        let actions: Vec<&str> = lines.iter().map(|line| line.action.as_str()).collect();
        assert_eq!(actions, ["session.end", "session.begin", "session.refuse"]);
        assert!(lines.iter().all(|line| line.actor == session.actor.label()));
        assert!(verify_audit(&operations, &system).await.unwrap().broken_at.is_none());
    })
    .await;
}

#[tokio::test]
async fn settings_and_the_sandbox_clock_outlive_a_restart() {
    on_every_database(async |operations| {
        let (program, system) = started(&operations).await;
        put_setting(&operations, &system, "console.title", "会").await.unwrap();
        put_setting(&operations, &system, "console.title", "惠").await.unwrap();
        let title = get_setting(&operations, program, "console.title").await.unwrap();
        assert_eq!(title.as_deref(), Some("惠"));

        let later = NOW.plus_seconds(60);
        set_sandbox_clock(&operations, &system, later).await.unwrap();
        assert!(set_sandbox_clock(&operations, &system, NOW).await.is_err());
        let again = Operations { clock: Clock::system(), ..operations };
        assert_eq!(restore(&again).await.unwrap(), Some(later));
        assert_eq!(again.clock.now(), later);
    })
    .await;
}

#[tokio::test]
async fn a_node_number_is_one_process_s_until_its_lease_ends() {
    on_every_database(async |operations| {
        let store = &operations.store;
        assert_eq!(lease_node(store, "a", NOW).await.unwrap(), 0);
        assert_eq!(lease_node(store, "b", NOW).await.unwrap(), 1);
        assert_eq!(lease_node(store, "a", NOW.plus_seconds(30)).await.unwrap(), 0);

        let end = NOW.plus_seconds(NODE_LEASE_S);
        assert_eq!(lease_node(store, "c", Timestamp(end.0 - 1)).await.unwrap(), 2);
        assert_eq!(lease_node(store, "d", end).await.unwrap(), 1);
        assert_eq!(lease_node(store, "b", end).await.unwrap(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_lease_is_free_again_at_its_end() {
    on_every_database(async |operations| {
        let store = &operations.store;
        let until = NOW.plus_seconds(10);
        assert!(try_acquire(store, "jobs", "a", until, NOW).await.unwrap());
        let before = Timestamp(until.0 - 1);
        assert!(!try_acquire(store, "jobs", "b", before.plus_seconds(10), before).await.unwrap());
        assert!(try_acquire(store, "jobs", "a", until, before).await.unwrap());
        assert!(try_acquire(store, "jobs", "b", until.plus_seconds(10), until).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn notes_and_clear_data_are_read_with_the_member_s_key_and_a_reason() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let phone = Claim {
            kind: IdentityKind::Phone,
            scope: String::new(),
            value: "+8613800138000".to_owned(),
            verified: true,
        };
        let request = JoinRequest {
            claims: vec![phone],
            profile: Profile { name: Some("王芳".to_owned()), ..Profile::default() },
            channel: Some("pos".to_owned()),
            consents: Vec::new(),
        };
        let member = join_member(&operations, &system, &request, None).await.unwrap();
        let member = member.receipt.member_id;
        add_note(&operations, &system, member, "喜欢蓝色", None).await.unwrap();
        let notes = list_notes(&operations, &system, member).await.unwrap();
        assert_eq!(notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["喜欢蓝色"]);

        for short in ["", "why   "] {
            let refused = reveal(&operations, &system, member, short, None).await;
            assert!(matches!(refused, Err(NoteError::Invalid { field: "reason", .. })));
        }
        assert!(reveal(&operations, &system, member, "电话回访", None).await.is_ok());
        let mut analyst = system.clone();
        analyst.rights = Role::Analyst.rights();
        let refused = reveal(&operations, &analyst, member, "curious", None).await;
        assert!(matches!(refused, Err(NoteError::Forbidden(Right::MembersReveal))));
        let clear = reveal(&operations, &system, member, "call back", None).await.unwrap().receipt;
        assert_eq!(clear.name.as_deref(), Some("王芳"));
        assert_eq!(clear.phone.as_deref(), Some("+8613800138000"));
        assert_eq!(clear.identities[0].value, "+8613800138000");
        let filter = Filter { member: Some(member), ..Filter::default() };
        let lines = list_audit(&operations, &system, &filter, None, 10).await.unwrap();
        assert_eq!(lines.iter().filter(|line| line.action == "member.reveal").count(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_registered_channel_stands_after_the_built_in_ones() {
    on_every_database(async |operations| {
        let (_, system) = started(&operations).await;
        let row = |channel: &str, mode: &str| ChannelRow {
            channel: channel.to_owned(),
            label_zh: "展会".to_owned(),
            label_en: "Fair".to_owned(),
            default_mode: mode.to_owned(),
        };
        register_channel(&operations, &system, row("fair", "shadow"), None).await.unwrap();
        register_channel(&operations, &system, row("pos", "earn_only"), None).await.unwrap();
        assert!(register_channel(&operations, &system, row("fair", "half"), None).await.is_err());

        let all = list_channels(&operations, &system).await.unwrap();
        assert_eq!(all.len(), 13);
        assert_eq!((all[0].channel.as_str(), all[0].label_zh.as_str()), ("pos", "展会"));
        assert_eq!((all[12].channel.as_str(), all[12].built_in), ("fair", false));
        assert!(list_shops(&operations, &system, None).await.unwrap().is_empty());
    })
    .await;
}
