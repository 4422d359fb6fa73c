//! `hui user` and `hui key`: accounts of the staff and API keys, from the machine itself.

use std::io::BufRead as _;

use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use hui_operations::Operations;
use hui_operations::actor::{Actor, Right, Rights, Role, ShopScope};
use hui_operations::keys::{Key as KeyShown, NewKey, create_key, list_keys, revoke_key};
use hui_operations::staff::{
    NewStaff, StaffChange, change_staff, create_staff, disable_staff, list_staff, reset_password,
};

/// What `hui user` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum User {
    /// Make an account; the password is the first line of the input
    #[command(visible_alias = "add")]
    Create {
        /// The name to sign in with
        name: String,
        /// admin, operator, analyst, finance, auditor, store_manager, cashier or guide
        #[arg(long)]
        role: String,
        /// The shops it sees, as `channel/shop`; without any it sees all
        #[arg(long = "shop", value_name = "SHOP")]
        shops: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Disable an account; its sessions end at once
    Disable {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Let a disabled account sign in again
    Enable {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        place: Place,
    },
    /// Give an account a new password, the first line of the input; its sessions end
    Password {
        /// The name to sign in with
        name: String,
        #[command(flatten)]
        place: Place,
    },
}

/// What `hui key` does.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Key {
    /// Make a key and print its number and its secret, once
    #[command(visible_alias = "add")]
    Create {
        /// Its name, for people
        name: String,
        /// What it may do, such as `orders:write`; without any, everything
        #[arg(long = "scope")]
        scopes: Vec<String>,
        /// The shops it sees, as `channel/shop`; without any it sees all
        #[arg(long = "shop", value_name = "SHOP")]
        shops: Vec<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the keys
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Make a key like another and print its secret, once; the old one is revoked
    Rotate {
        /// The number or the name of the old one
        key: String,
        /// Leave the old one, to be revoked when no caller uses it any more
        #[arg(long)]
        keep: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Take a key back
    Revoke {
        /// Its number or its name
        key: String,
        #[command(flatten)]
        place: Place,
    },
}

/// Which program.
#[derive(Debug, Clone, Args)]
pub(crate) struct Place {
    /// The program, where there are several
    #[arg(long, value_name = "NAME")]
    program: Option<String>,
}

async fn actor(operations: &Operations, place: &Place) -> anyhow::Result<Actor> {
    let program = crate::opening::program(&operations.store, place.program.as_deref()).await?;
    Ok(Actor::system(program, "command line"))
}

fn shop_scope(shops: Vec<String>) -> ShopScope {
    if shops.is_empty() { ShopScope::All } else { ShopScope::Only(shops) }
}

/// The role with a name.
fn role(name: &str) -> anyhow::Result<Role> {
    Role::ALL.into_iter().find(|role| role.name() == name).with_context(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("there is no role {name}; there are {}", names.join(", "))
    })
}

/// A password from the input: never from the arguments, which every process can read.
fn password() -> anyhow::Result<String> {
    eprintln!("type the password and press enter");
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    let password = line.trim_end_matches(['\r', '\n']);
    ensure!(!password.is_empty(), "no password was given");
    Ok(password.to_owned())
}

/// Changes or lists accounts.
pub(crate) async fn user(operations: &Operations, command: User) -> anyhow::Result<()> {
    match command {
        User::Create { name, role: named, shops, place } => {
            let actor = actor(operations, &place).await?;
            let new = NewStaff {
                role: role(&named)?,
                display_name: None,
                shops: shop_scope(shops),
                password: password()?,
                name,
            };
            let made = create_staff(operations, &actor, new, None).await?.receipt;
            println!("{} {}", made.id, made.name);
        }
        User::List { place } => {
            let actor = actor(operations, &place).await?;
            for staff in list_staff(operations, &actor).await? {
                let state = if staff.active { "active" } else { "disabled" };
                let shops = staff.shops.join(" ");
                println!("{} {} {} {state} {shops}", staff.id, staff.name, staff.role.name());
            }
        }
        User::Disable { name, place } => {
            let actor = actor(operations, &place).await?;
            let id = account(operations, &actor, &name).await?;
            disable_staff(operations, &actor, id).await?;
            println!("{name} is disabled");
        }
        User::Enable { name, place } => {
            let actor = actor(operations, &place).await?;
            let id = account(operations, &actor, &name).await?;
            let change = StaffChange { active: Some(true), ..StaffChange::default() };
            change_staff(operations, &actor, id, change).await?;
            println!("{name} is active");
        }
        User::Password { name, place } => {
            let actor = actor(operations, &place).await?;
            let id = account(operations, &actor, &name).await?;
            reset_password(operations, &actor, id, password()?).await?;
            println!("{name} has a new password");
        }
    }
    Ok(())
}

async fn account(
    operations: &Operations,
    actor: &Actor,
    name: &str,
) -> anyhow::Result<hui_loyalty::ids::StaffId> {
    let accounts = list_staff(operations, actor).await?;
    let found = accounts.iter().find(|staff| staff.name == name);
    Ok(found.with_context(|| format!("there is no account {name}"))?.id)
}

/// Changes or lists keys.
pub(crate) async fn key(operations: &Operations, command: Key) -> anyhow::Result<()> {
    match command {
        Key::Create { name, scopes, shops, place } => {
            let actor = actor(operations, &place).await?;
            let rights = if scopes.is_empty() { Rights::all() } else { rights(&scopes)? };
            let new = NewKey { name, rights, shops: shop_scope(shops) };
            let made = create_key(operations, &actor, new, None).await?.receipt;
            println!("{} {}", made.key_id, made.secret);
            eprintln!("The secret is shown this once.");
        }
        Key::List { place } => {
            let actor = actor(operations, &place).await?;
            for key in list_keys(operations, &actor).await? {
                let state = if key.revoked_at.is_some() { "revoked" } else { "active" };
                println!("{} {} {state} {}", key.key_id, key.name, key.scopes.join(" "));
            }
        }
        Key::Rotate { key, keep, place } => {
            let actor = actor(operations, &place).await?;
            let old = known_key(operations, &actor, &key).await?;
            ensure!(old.revoked_at.is_none(), "{key} is revoked; make a new one instead");
            let new = NewKey {
                name: old.name,
                rights: rights(&old.scopes)?,
                shops: shop_scope(old.shops),
            };
            let made = create_key(operations, &actor, new, None).await?.receipt;
            println!("{} {}", made.key_id, made.secret);
            eprintln!("The secret is shown this once.");
            if !keep {
                revoke_key(operations, &actor, old.key_id).await?;
                eprintln!("{} is revoked.", old.key_id);
            }
        }
        Key::Revoke { key, place } => {
            let actor = actor(operations, &place).await?;
            let known = known_key(operations, &actor, &key).await?;
            revoke_key(operations, &actor, known.key_id).await?;
            println!("{key} is revoked");
        }
    }
    Ok(())
}

/// The key with a number, or the one key in use with a name.
async fn known_key(
    operations: &Operations,
    actor: &Actor,
    named: &str,
) -> anyhow::Result<KeyShown> {
    let mut keys = list_keys(operations, actor).await?;
    if let Some(place) = keys.iter().position(|key| key.key_id.to_string() == named) {
        return Ok(keys.swap_remove(place));
    }
    keys.retain(|key| key.name == named && key.revoked_at.is_none());
    ensure!(keys.len() < 2, "{} keys in use are called {named}: say the number", keys.len());
    keys.pop().with_context(|| format!("there is no key {named}; `hui key list` shows them"))
}

fn rights(names: &[String]) -> anyhow::Result<Rights> {
    let known = |name: &String| {
        let found = Right::ALL.into_iter().find(|right| right.name() == name);
        found.with_context(|| format!("there is no scope {name}"))
    };
    names.iter().map(known).collect()
}

/// Somebody of the demo's staff.
struct Demonstrator {
    name: &'static str,
    title: &'static str,
    role: Role,
    shop: Option<&'static str>,
}

/// The password of the demo's accounts, which everybody may know.
const DEMO_PASSWORD: &str = "hui-demo-2026";

const DEMONSTRATORS: [Demonstrator; 6] = [
    Demonstrator { name: "admin", title: "总部管理员", role: Role::Admin, shop: None },
    Demonstrator { name: "operator", title: "运营", role: Role::Operator, shop: None },
    Demonstrator { name: "finance", title: "财务", role: Role::Finance, shop: None },
    Demonstrator { name: "auditor", title: "审计", role: Role::Auditor, shop: None },
    Demonstrator {
        name: "manager",
        title: "店长",
        role: Role::StoreManager,
        shop: Some(DEMO_STORE),
    },
    Demonstrator {
        name: "cashier", title: "收银员", role: Role::Cashier, shop: Some(DEMO_STORE)
    },
];

/// The store of the demo's manager and cashier.
const DEMO_STORE: &str = "pos/S0433";

/// Makes the demo's accounts where they are missing, and prints them.
pub(crate) async fn demo_staff(operations: &Operations, actor: &Actor) -> anyhow::Result<()> {
    let known = list_staff(operations, actor).await?;
    for person in DEMONSTRATORS {
        if known.iter().any(|staff| staff.name == person.name) {
            continue;
        }
        let new = NewStaff {
            name: person.name.to_owned(),
            display_name: Some(person.title.to_owned()),
            role: person.role,
            shops: shop_scope(person.shop.map(str::to_owned).into_iter().collect()),
            password: DEMO_PASSWORD.to_owned(),
        };
        create_staff(operations, actor, new, None).await?;
    }
    println!("demo accounts, all with the password {DEMO_PASSWORD}:");
    for Demonstrator { name, title, shop, .. } in DEMONSTRATORS {
        println!("  {name:<9} {title} {}", shop.unwrap_or_default());
    }
    Ok(())
}
