//! Channels and shops: the built-in channels, those a program registered, and what orders named.

use hui_store::Error;
use hui_store::answers::RequestKey;
use hui_store::shops::{self, ChannelRow, ShopRow};
use serde::{Deserialize, Serialize};

use crate::actor::Actor;
use crate::audit::{self, AuditLine};
use crate::context::{CHANNELS, Operations};
use crate::slices::{Answer, KeyReused, StoreFailed, single};

/// The labels of [`CHANNELS`], in their order: Chinese, English.
const LABELS: [(&str, &str); 12] = [
    ("门店", "Stores"),
    ("小程序", "Mini program"),
    ("应用", "App"),
    ("官网", "Website"),
    ("天猫", "Tmall"),
    ("京东", "JD"),
    ("抖音", "Douyin"),
    ("唯品会", "Vipshop"),
    ("微信小店", "WeChat Shop"),
    ("小红书", "Xiaohongshu"),
    ("有赞", "Youzan"),
    ("快手", "Kuaishou"),
];
/// What a shop can take part in.
pub const MODES: [&str; 4] = ["off", "shadow", "earn_only", "full"];

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channel {
    /// Its name in orders.
    pub channel: String,
    /// Its Chinese label.
    pub label_zh: String,
    /// Its English label.
    pub label_en: String,
    /// The mode its new shops begin in.
    pub default_mode: String,
    /// Whether every program has it.
    pub built_in: bool,
}

/// Why a channel could not be registered.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ChannelError {
    /// A value is out of its range.
    #[error("{field} {problem}")]
    Invalid {
        /// Which field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The request's key was used for another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreFailed),
}

impl From<Error> for ChannelError {
    fn from(error: Error) -> Self {
        Self::Store(error.into())
    }
}

fn is_name(name: &str) -> bool {
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    let goes_on = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    begins && name.len() <= 32 && name.bytes().all(goes_on)
}

/// Registers a channel, or changes the labels and the default mode of one.
///
/// The mode is that of shops met later; a built-in channel may be given one too.
pub async fn register_channel(
    operations: &Operations,
    actor: &Actor,
    new: ChannelRow,
    key: Option<&RequestKey>,
) -> Result<Answer<Channel>, ChannelError> {
    let invalid = |field, problem| Err(ChannelError::Invalid { field, problem });
    if !is_name(&new.channel) {
        return invalid("channel", "must have 1 to 32 of a-z, 0-9 and _, a letter first");
    }
    for (field, label) in [("label_zh", &new.label_zh), ("label_en", &new.label_en)] {
        if label.trim().is_empty() || label.len() > 100 {
            return invalid(field, "must have 1 to 100 bytes");
        }
    }
    if !MODES.contains(&new.default_mode.as_str()) {
        return invalid("default_mode", "must be off, shadow, earn_only or full");
    }
    let now = operations.clock.now();
    let answer = single(operations, actor.program, key, now, async |tx| {
        shops::register_channel(tx, actor.program, &new).await?;
        let detail = serde_json::json!({ "default_mode": new.default_mode });
        let line = AuditLine::new("channel.register", &new.channel, detail);
        audit::append(tx, actor, now, &[line]).await?;
        Ok(Ok(shown(new.clone())))
    })
    .await;
    operations.places.forget(actor.program);
    answer
}

fn shown(row: ChannelRow) -> Channel {
    Channel {
        built_in: CHANNELS.contains(&row.channel.as_str()),
        channel: row.channel,
        label_zh: row.label_zh,
        label_en: row.label_en,
        default_mode: row.default_mode,
    }
}

fn built_in() -> impl Iterator<Item = Channel> {
    CHANNELS.into_iter().zip(LABELS).map(|(channel, (zh, en))| Channel {
        channel: channel.to_owned(),
        label_zh: zh.to_owned(),
        label_en: en.to_owned(),
        default_mode: "full".to_owned(),
        built_in: true,
    })
}

/// The built-in channels, as the program relabelled them, then those it registered.
pub async fn list_channels(
    operations: &Operations,
    actor: &Actor,
) -> Result<Vec<Channel>, ChannelError> {
    let mut tx = operations.store.snapshot().await?;
    let rows = shops::list_channels(&mut tx, actor.program).await?;
    tx.rollback().await?;
    let mut channels: Vec<Channel> = built_in().collect();
    for channel in rows.into_iter().map(shown) {
        match channels.iter_mut().find(|known| known.channel == channel.channel) {
            Some(known) => *known = channel,
            None => channels.push(channel),
        }
    }
    Ok(channels)
}

/// The shops that orders named and the actor sees, of one channel where it is named.
pub async fn list_shops(
    operations: &Operations,
    actor: &Actor,
    channel: Option<&str>,
) -> Result<Vec<ShopRow>, ChannelError> {
    let mut tx = operations.store.snapshot().await?;
    let mut rows = shops::list_shops(&mut tx, actor.program, channel).await?;
    tx.rollback().await?;
    rows.retain(|row| actor.shops.sees(&row.channel, Some(&row.shop)));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_channel_has_a_name_that_could_be_registered_and_labels() {
        let channels: Vec<Channel> = built_in().collect();

        assert_eq!(channels.len(), CHANNELS.len());
        assert!(channels.iter().all(|one| is_name(&one.channel) && !one.label_zh.is_empty()));
    }

    #[test]
    fn a_channel_begins_with_a_letter_and_ends_at_32() {
        assert!(is_name("a"));
        assert!(is_name(&"a".repeat(32)));
        assert!(!is_name(&"a".repeat(33)));
        assert!(!is_name("9pos"));
        assert!(!is_name("Pos"));
        assert!(!is_name(""));
    }
}
