//! The shoppers of the sample: made up, one for each household, the same for the same seed.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::chance::{Chance, Purpose};
use super::events::{Channel, Identity};

/// Somebody who buys.
#[derive(Debug, Clone)]
pub(super) struct Shopper {
    pub(super) name: String,
    /// `None` for those who do not tell.
    pub(super) gender: Option<&'static str>,
    pub(super) birthday: Option<Date>,
    pub(super) phone: String,
    pub(super) card: Option<String>,
    pub(super) preferred: Channel,
    /// Where they buy now and then.
    pub(super) others: Vec<Channel>,
    /// For those whom a platform knows before it knows their phone.
    pub(super) begins_on: Option<Beginning>,
}

/// A shopper's first weeks on a platform, without a phone.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beginning {
    pub(super) channel: Channel,
    /// From the shopper's first order on.
    pub(super) silent_days: i64,
}

const ONLINE: [Channel; 6] = [
    Channel::MiniProgram,
    Channel::Tmall,
    Channel::Jd,
    Channel::Douyin,
    Channel::Xiaohongshu,
    Channel::WechatShop,
];

const PHONE_PREFIXES: [&str; 12] =
    ["130", "135", "136", "138", "139", "150", "151", "158", "159", "180", "186", "188"];

const FAMILY_NAMES: [&str; 30] = [
    "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭",
    "何", "林", "高", "罗", "郑", "梁", "谢", "宋", "唐", "许", "邓", "冯", "韩", "曹",
];
const WOMENS_NAMES: [&str; 24] = [
    "敏", "静", "丽", "婷", "雪梅", "晓燕", "佳怡", "雨桐", "思琪", "梦洁", "欣然", "美玲", "秀英",
    "慧", "娜", "雅琴", "诗涵", "可欣", "玉兰", "春华", "若曦", "海燕", "文静", "颖",
];
const MENS_NAMES: [&str; 24] = [
    "伟", "强", "磊", "洋", "勇", "建国", "志强", "浩然", "子轩", "俊杰", "宇航", "明", "国庆",
    "文博", "家豪", "鹏飞", "斌", "天佑", "立新", "永康", "晨", "海峰", "一鸣", "涛",
];

/// The shopper that a household is.
pub(super) fn shopper(seed: u64, household: u64) -> Shopper {
    let mut chance = Chance::of(seed, Purpose::Shopper, household);
    let is_woman = chance.per_mille(580);
    let given_names = if is_woman { &WOMENS_NAMES } else { &MENS_NAMES };
    let name = format!("{}{}", chance.pick(&FAMILY_NAMES), chance.pick(given_names));
    let gender = chance.per_mille(700).then_some(if is_woman { "female" } else { "male" });
    let birthday = date(
        i16::try_from(chance.between(1952, 2006)).unwrap_or(1980),
        i8::try_from(chance.between(1, 12)).unwrap_or(1),
        i8::try_from(chance.between(1, 28)).unwrap_or(1),
    );
    let birthday = chance.per_mille(500).then_some(birthday);

    let preferred = match chance.below(100) {
        0..55 => Channel::Pos,
        55..70 => Channel::MiniProgram,
        70..80 => Channel::Tmall,
        80..86 => Channel::Jd,
        86..93 => Channel::Douyin,
        93..96 => Channel::Xiaohongshu,
        _ => Channel::WechatShop,
    };
    let mut others: BTreeSet<Channel> =
        (0..chance.between(1, 3)).map(|_| *chance.pick(&ONLINE)).collect();
    others.insert(Channel::Pos);
    others.remove(&preferred);

    let begins_on = chance.per_mille(250).then(|| Beginning {
        channel: *chance.pick(&ONLINE[1..]),
        silent_days: i64::from(chance.between(14, 56)),
    });
    if let Some(beginning) = begins_on.filter(|beginning| beginning.channel != preferred) {
        others.insert(beginning.channel);
    }

    // One of two neighbours, so that a smaller sample has both or neither.
    let shares_phone = household % 2 == 1 && chance.per_mille(40);
    let phone_of = if shares_phone { household ^ 1 } else { household };
    let card = chance.per_mille(200).then(|| format!("8{:011}", chance.next() % 100_000_000_000));

    let others = others.into_iter().collect();
    let phone = phone(seed, phone_of);
    Shopper { name, gender, birthday, phone, card, preferred, others, begins_on }
}

/// So many of the households, neighbours together.
pub(super) fn choose(seed: u64, households: &BTreeSet<u64>, count: usize) -> BTreeSet<u64> {
    let mut ranked: Vec<(u64, u64)> = households
        .iter()
        .map(|household| (Chance::of(seed, Purpose::Choice, household / 2).next(), *household))
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().take(count).map(|(_, household)| household).collect()
}

/// What a platform calls a household. The two WeChat channels also share one `unionid`.
pub(super) fn platform_identities(seed: u64, household: u64, channel: Channel) -> Vec<Identity> {
    let mut chance = Chance::of(seed, Purpose::Identity, household);
    let union = format!("u{:016x}", chance.next());
    let own = |mark: u64, prefix: &str| {
        let mut chance = Chance::of(seed ^ mark, Purpose::Identity, household);
        format!("{prefix}{:016x}{:08x}", chance.next(), chance.next() >> 32)
    };
    let one =
        |kind, scope, value| vec![Identity { kind, scope: Some(scope), value, verified: None }];
    let wechat = |scope, value| {
        let mut identities = one("openid", scope, value);
        identities.extend(one("unionid", "wechat", union.clone()));
        identities
    };
    match channel {
        Channel::Pos => Vec::new(),
        Channel::MiniProgram => wechat("mini_program", own(1, "o")),
        Channel::WechatShop => wechat("wechat_shop", own(2, "o")),
        Channel::Tmall => one("buyer_id", "tmall", own(3, "AA")),
        Channel::Jd => one("buyer_id", "jd", own(4, "xid")),
        Channel::Douyin => one("openid", "douyin", own(5, "dy")),
        Channel::Xiaohongshu => one("buyer_id", "xiaohongshu", own(6, "xhs")),
    }
}

/// A number of eleven digits, different for each household.
fn phone(seed: u64, household: u64) -> String {
    let mut chance = Chance::of(seed, Purpose::Identity, household);
    let prefix = chance.pick(&PHONE_PREFIXES);
    // The factor has no divisor in common with 10^8, so no two households get the same digits.
    let digits = (household * 48_271_037 + seed % 100_000_000) % 100_000_000;
    format!("{prefix}{digits:08}")
}

/// `13800138000` becomes `138****8000`.
pub(super) fn masked(phone: &str) -> String {
    format!("{}****{}", &phone[..3], &phone[phone.len() - 4..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_households_have_the_same_number() {
        let phones: BTreeSet<String> = (1..=2500).map(|household| phone(7, household)).collect();

        assert_eq!(phones.len(), 2500);
        assert!(phones.iter().all(|phone| phone.len() == 11));
    }

    #[test]
    fn about_one_shopper_in_fifty_uses_the_neighbours_phone() {
        let sharing = (1..=2500)
            .filter(|household| shopper(7, *household).phone == phone(7, household ^ 1))
            .count();

        assert!((30..80).contains(&sharing), "{sharing} of 2,500");
    }

    #[test]
    fn about_a_quarter_begin_on_a_platform() {
        let beginning =
            (1..=2500).filter(|household| shopper(7, *household).begins_on.is_some()).count();

        assert!((550..700).contains(&beginning), "{beginning} of 2,500");
    }

    #[test]
    fn the_two_wechat_channels_share_a_unionid() {
        let mini_program = platform_identities(7, 1, Channel::MiniProgram);
        let shop = platform_identities(7, 1, Channel::WechatShop);

        assert_eq!(mini_program[1], shop[1]);
        assert_ne!(mini_program[0].value, shop[0].value);
    }

    #[test]
    fn a_masked_phone_keeps_three_and_four_digits() {
        assert_eq!(masked("13800138000"), "138****8000");
    }
}
