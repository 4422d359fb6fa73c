//! Identities and names as they may be shown to people who need not know them.

use super::IdentityKind;

/// A normalised identity as it may be shown: enough to recognise, not to use.
///
/// `138****8000` for a mobile number of China, `+852****4567` for others,
/// `a***@host` for an e-mail address; of other values the first three and the
/// last two characters, and of short ones only the first.
pub fn mask(kind: IdentityKind, value: &str) -> String {
    match kind {
        IdentityKind::Phone => mask_phone(value),
        IdentityKind::Email => mask_email(value),
        IdentityKind::PhoneMasked => value.to_owned(),
        _ => mask_value(value),
    }
}

/// A name as it may be shown: `王**`, `J***`.
///
/// The number of stars never tells how long the name is.
pub fn mask_name(name: &str) -> String {
    let Some(first) = name.trim().chars().next() else {
        return String::new();
    };
    if is_east_asian(first) { format!("{first}**") } else { format!("{first}***") }
}

fn mask_phone(value: &str) -> String {
    let national = value.strip_prefix("+86").filter(|national| national.len() == 11);
    let (shown, head) = match national {
        Some(national) => (national, 3),
        None => (value, 4),
    };
    if shown.chars().count() < 9 {
        return format!("{}****{}", first(shown, 2), last(shown, 2));
    }
    format!("{}****{}", first(shown, head), last(shown, 4))
}

fn mask_email(value: &str) -> String {
    match value.split_once('@') {
        Some((local, host)) => format!("{}***@{host}", first(local, 1)),
        None => mask_value(value),
    }
}

fn mask_value(value: &str) -> String {
    if value.chars().count() < 8 {
        return format!("{}***", first(value, 1));
    }
    format!("{}***{}", first(value, 3), last(value, 2))
}

fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}

fn last(text: &str, count: usize) -> String {
    text.chars().skip(text.chars().count().saturating_sub(count)).collect()
}

/// Han, kana and hangul, where one character is a whole family name or nearly.
fn is_east_asian(letter: char) -> bool {
    matches!(
        u32::from(letter),
        0x3040..=0x30FF | 0x3400..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_keep_their_ends() {
        assert_eq!(mask(IdentityKind::Phone, "+8613800138000"), "138****8000");
        assert_eq!(mask(IdentityKind::Phone, "+85291234567"), "+852****4567");
        assert_eq!(mask(IdentityKind::Phone, "+1234567"), "+1****67");
    }

    #[test]
    fn an_email_keeps_its_host() {
        assert_eq!(mask(IdentityKind::Email, "amy@example.com"), "a***@example.com");
    }

    #[test]
    fn a_short_id_shows_one_character_only() {
        assert_eq!(mask(IdentityKind::Openid, "oX1234567890"), "oX1***90");
        assert_eq!(mask(IdentityKind::Card, "A123456"), "A***");
        assert_eq!(mask(IdentityKind::Card, "A1234567"), "A12***67");
    }

    #[test]
    fn a_name_keeps_its_first_character() {
        assert_eq!(mask_name("王小明"), "王**");
        assert_eq!(mask_name("欧阳修"), "欧**");
        assert_eq!(mask_name("John Smith"), "J***");
        assert_eq!(mask_name(" 王 "), "王**");
        assert_eq!(mask_name(""), "");
    }
}
