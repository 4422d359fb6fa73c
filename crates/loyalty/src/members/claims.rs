//! Identities as callers write them, brought to the one form they are compared in.
//!
//! Normalising twice gives the same as once: a stored value can be read back
//! through the same door.

use super::{Claim, IdentityKind};

/// The longest value of an identity, in bytes after normalising.
pub const VALUE_BYTES_MAX: usize = 256;
/// The longest scope, in bytes after normalising.
pub const SCOPE_BYTES_MAX: usize = 64;

/// Why a value is not an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// Neither a mobile number of China nor one with a country's prefix.
    #[error(
        "not a phone number: write a mobile number of China, or `+` and the country code before another one"
    )]
    PhoneInvalid,
    /// A fixed line or service number of China: no person can be recognised by it.
    #[error("a fixed line or service number: only mobile numbers of China identify a person")]
    PhoneLandline,
    /// Not of the form `name@host.domain`.
    #[error("not an e-mail address")]
    EmailInvalid,
    /// The kind needs a scope and none was given.
    #[error("an identity of kind {0} needs a scope: the app, platform, seller or issuer")]
    ScopeMissing(IdentityKind),
    /// Phones and e-mail addresses have no scope.
    #[error("an identity of kind {0} has no scope")]
    ScopeUnexpected(IdentityKind),
    /// The scope is too long or has characters that cannot be seen.
    #[error("the scope must be at most 64 bytes, without spaces or control characters")]
    ScopeInvalid,
    /// The value is empty, too long or has characters that cannot be seen.
    #[error("not a usable {0}: at most 256 bytes, not empty, without control characters")]
    ValueInvalid(IdentityKind),
}

impl ClaimError {
    /// The stable code of the refusal.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PhoneInvalid => "identity.phone_invalid",
            Self::PhoneLandline => "identity.phone_landline",
            Self::EmailInvalid => "identity.email_invalid",
            Self::ScopeMissing(_) => "identity.scope_missing",
            Self::ScopeUnexpected(_) => "identity.scope_unexpected",
            Self::ScopeInvalid => "identity.scope_invalid",
            Self::ValueInvalid(_) => "identity.value_invalid",
        }
    }

    /// Whether it is the scope that is wrong, rather than the value.
    pub const fn is_about_scope(self) -> bool {
        matches!(self, Self::ScopeMissing(_) | Self::ScopeUnexpected(_) | Self::ScopeInvalid)
    }
}

impl Claim {
    /// Reads an identity as a caller writes it.
    ///
    /// Phones become E.164, e-mail addresses and scopes lower case, cards upper
    /// case without spaces and dashes, masked phones `138****8000`; other values
    /// are trimmed and keep their case. An empty scope counts as none.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] when the value is no identity of that kind, or a scope is
    /// missing or unexpected.
    pub fn parse(
        kind: IdentityKind,
        scope: Option<&str>,
        value: &str,
        verified: bool,
    ) -> Result<Self, ClaimError> {
        let scope = normal_scope(kind, scope)?;
        let value = match kind {
            IdentityKind::Phone => normal_phone(value)?,
            IdentityKind::Email => normal_email(value)?,
            IdentityKind::Card => normal_card(value)?,
            IdentityKind::PhoneMasked => normal_masked(value)?,
            other => within_limits(other, value.trim().to_owned())?,
        };
        Ok(Self { kind, scope, value, verified })
    }
}

/// How much an identity weighs where several disagree; more is stronger.
///
/// The order of semantics, section 9. Only a phone weighs less unverified: the
/// other kinds are a system's own word about its own number. Kinds of equal
/// weight (the platforms' ids) are told apart by [`super::resolving`].
pub const fn strength(kind: IdentityKind, verified: bool) -> u8 {
    match (kind, verified) {
        (IdentityKind::Phone, true) => 8,
        (IdentityKind::Unionid, _) => 7,
        (IdentityKind::BuyerId | IdentityKind::Openid | IdentityKind::AlipayId, _) => 6,
        (IdentityKind::Card, _) => 5,
        (IdentityKind::Email, _) => 4,
        (IdentityKind::CrmId, _) => 3,
        (IdentityKind::Phone, false) => 2,
        (IdentityKind::PhoneToken, _) => 1,
        (IdentityKind::PhoneMasked, _) => 0,
    }
}

/// Whether a value of this kind leads to one person: all but the masked phone,
/// which ten thousand people share.
pub const fn identifies(kind: IdentityKind) -> bool {
    !matches!(kind, IdentityKind::PhoneMasked)
}

fn normal_scope(kind: IdentityKind, scope: Option<&str>) -> Result<String, ClaimError> {
    let scope = scope.unwrap_or_default().trim().to_lowercase();
    if !kind.has_scope() {
        return if scope.is_empty() { Ok(scope) } else { Err(ClaimError::ScopeUnexpected(kind)) };
    }
    if scope.is_empty() {
        return Err(ClaimError::ScopeMissing(kind));
    }
    let unseen = |letter: char| letter.is_control() || letter.is_whitespace();
    if scope.len() > SCOPE_BYTES_MAX || scope.contains(unseen) {
        return Err(ClaimError::ScopeInvalid);
    }
    Ok(scope)
}

fn within_limits(kind: IdentityKind, value: String) -> Result<String, ClaimError> {
    let usable = !value.is_empty()
        && value.len() <= VALUE_BYTES_MAX
        && !value.contains(|letter: char| letter.is_control());
    if usable { Ok(value) } else { Err(ClaimError::ValueInvalid(kind)) }
}

/// Full-width forms of ASCII, as Chinese keyboards write them, become ASCII.
fn narrow(letter: char) -> char {
    let code = u32::from(letter);
    if (0xFF01..=0xFF5E).contains(&code) {
        code.checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(letter)
    } else {
        letter
    }
}

/// What people and address books put between digits: spaces, dashes, dots,
/// brackets, and the unseen direction marks that come with copying.
fn separates(letter: char) -> bool {
    letter.is_whitespace()
        || matches!(letter, '-' | '.' | '(' | ')' | '/')
        || matches!(letter, '\u{2010}'..='\u{2015}' | '\u{2212}')
        || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

fn normal_phone(value: &str) -> Result<String, ClaimError> {
    let narrowed: String = value.chars().map(narrow).collect();
    // `+44 (0)20 …`: the trunk zero is not dialled from abroad.
    let written: String =
        narrowed.replace("(0)", "").chars().filter(|letter| !separates(*letter)).collect();
    let (international, digits) = match written.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => match written.strip_prefix("00") {
            Some(rest) => (true, rest),
            None => (false, written.as_str()),
        },
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ClaimError::PhoneInvalid);
    }
    if international { international_phone(digits) } else { domestic_phone(digits) }
}

fn international_phone(digits: &str) -> Result<String, ClaimError> {
    if let Some(national) = digits.strip_prefix("86") {
        return chinese_phone(national);
    }
    let plausible = (8..=15).contains(&digits.len())
        && !digits.starts_with('0')
        && neighbour_length(digits).unwrap_or(true)
        && digits.strip_prefix('1').is_none_or(is_north_american);
    if !plausible {
        return Err(ClaimError::PhoneInvalid);
    }
    // Taiwan's numbers are often written with their trunk zero kept.
    let digits = match digits.strip_prefix("8860") {
        Some(rest) => format!("886{rest}"),
        None => digits.to_owned(),
    };
    Ok(format!("+{digits}"))
}

fn domestic_phone(digits: &str) -> Result<String, ClaimError> {
    if let Some(national) = digits.strip_prefix("86").filter(|national| is_mobile(national)) {
        return chinese_phone(national);
    }
    if neighbour_length(digits) == Some(true) {
        return international_phone(digits);
    }
    chinese_phone(digits)
}

fn chinese_phone(national: &str) -> Result<String, ClaimError> {
    let mobile = national.strip_prefix('0').unwrap_or(national);
    if is_mobile(mobile) {
        return Ok(format!("+86{mobile}"));
    }
    let length = national.len();
    let fixed = (national.starts_with('0') && (10..=12).contains(&length))
        || (!national.starts_with(['0', '1']) && (7..=11).contains(&length))
        || (national.starts_with("10") && length == 10);
    Err(if fixed { ClaimError::PhoneLandline } else { ClaimError::PhoneInvalid })
}

/// A mobile number of China without prefix: eleven digits, 13 to 19 in front.
fn is_mobile(national: &str) -> bool {
    matches!(national.as_bytes(), [b'1', b'3'..=b'9', ..]) && national.len() == 11
}

/// Whether a number of Hong Kong, Macau or Taiwan has the length it has there;
/// `None` for other prefixes.
fn neighbour_length(digits: &str) -> Option<bool> {
    if let Some(rest) = digits.strip_prefix("852").or_else(|| digits.strip_prefix("853")) {
        return Some(rest.len() == 8 && !rest.starts_with(['0', '1']));
    }
    let rest = digits.strip_prefix("886")?;
    let rest = rest.strip_prefix('0').unwrap_or(rest);
    Some((8..=9).contains(&rest.len()) && !rest.starts_with('0'))
}

/// Ten digits in which neither the area nor the exchange begins with 0 or 1. It
/// catches a mobile number of China behind a `+` whose 86 was forgotten.
fn is_north_american(national: &str) -> bool {
    match national.as_bytes() {
        [area, _, _, exchange, ..] => national.len() == 10 && *area > b'1' && *exchange > b'1',
        _ => false,
    }
}

fn normal_email(value: &str) -> Result<String, ClaimError> {
    let address = value.trim().chars().map(narrow).collect::<String>().to_lowercase();
    let (local, host) = address.split_once('@').ok_or(ClaimError::EmailInvalid)?;
    let local_fits = (1..=64).contains(&local.len())
        && local.split('.').all(|part| !part.is_empty())
        && !local.contains(|letter: char| {
            letter.is_control() || letter.is_whitespace() || "\"(),:;<>[\\]@".contains(letter)
        });
    let host_fits = host.contains('.') && host.split('.').all(is_host_label);
    if local_fits && host_fits && address.len() <= 254 {
        Ok(address)
    } else {
        Err(ClaimError::EmailInvalid)
    }
}

fn is_host_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.chars().all(|letter| letter.is_alphanumeric() || letter == '-')
}

fn normal_card(value: &str) -> Result<String, ClaimError> {
    let card: String =
        value.chars().map(narrow).filter(|letter| !separates_card(*letter)).collect();
    within_limits(IdentityKind::Card, card.to_uppercase())
}

fn separates_card(letter: char) -> bool {
    letter.is_whitespace() || matches!(letter, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn normal_masked(value: &str) -> Result<String, ClaimError> {
    let written: String = value
        .chars()
        .map(narrow)
        .filter(|letter| !separates(*letter))
        .map(|letter| if matches!(letter, 'x' | 'X' | '●' | '•' | '×') { '*' } else { letter })
        .collect();
    let national = ["+86", "0086"]
        .into_iter()
        .find_map(|prefix| written.strip_prefix(prefix))
        .or_else(|| written.strip_prefix("86").filter(|rest| rest.starts_with('1')))
        .unwrap_or(&written);
    let invalid = ClaimError::ValueInvalid(IdentityKind::PhoneMasked);
    let head = national.split('*').next().unwrap_or_default();
    let tail = national.rsplit('*').next().unwrap_or_default();
    let stars = national
        .strip_prefix(head)
        .and_then(|rest| rest.strip_suffix(tail))
        .filter(|stars| !stars.is_empty() && stars.bytes().all(|byte| byte == b'*'))
        .ok_or(invalid)?;
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(head) || !digits(tail) || !head.starts_with('1') {
        return Err(invalid);
    }
    match (head.len(), tail.len()) {
        (3, 4) => Ok(format!("{head}****{tail}")),
        // Fewer digits than these say nothing; the count of stars must then be the true one.
        (2..=7, 2..=4) if national.len() == 11 && !stars.is_empty() => Ok(national.to_owned()),
        _ => Err(invalid),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn phone(value: &str) -> Result<String, ClaimError> {
        Claim::parse(IdentityKind::Phone, None, value, true).map(|claim| claim.value)
    }

    fn scoped(kind: IdentityKind, value: &str) -> Result<String, ClaimError> {
        Claim::parse(kind, Some("Shop"), value, false).map(|claim| claim.value)
    }

    #[test]
    fn a_mobile_number_of_china_is_read_in_any_usual_form() {
        for written in [
            "13800138000",
            " 138 0013 8000 ",
            "138-0013-8000",
            "138.0013.8000",
            "+8613800138000",
            "+86 138 0013 8000",
            "(+86) 138-0013-8000",
            "（+86）138\u{2013}0013\u{2013}8000",
            "008613800138000",
            "8613800138000",
            "86-13800138000",
            "013800138000",
            "+86 013800138000",
            "１３８００１３８０００",
            "＋８６１３８００１３８０００",
            "\u{202D}138\u{3000}0013\u{A0}8000\u{202C}",
        ] {
            assert_eq!(phone(written), Ok("+8613800138000".to_owned()), "{written}");
        }
    }

    #[test]
    fn mobile_numbers_begin_with_13_to_19() {
        assert_eq!(phone("12800138000"), Err(ClaimError::PhoneInvalid));
        assert!(phone("13000138000").is_ok());
        assert!(phone("19900138000").is_ok());
        assert!(phone("1380013800").is_err());
        assert!(phone("138001380001").is_err());
    }

    #[test]
    fn other_countries_are_read_with_their_prefix() {
        for (written, normal) in [
            ("+852 9123 4567", "+85291234567"),
            ("0085291234567", "+85291234567"),
            ("85291234567", "+85291234567"),
            ("+853 6612 3456", "+85366123456"),
            ("+886 912 345 678", "+886912345678"),
            ("+886 0912 345 678", "+886912345678"),
            ("+886 (0)912 345 678", "+886912345678"),
            ("+44 (0)20 7946 0958", "+442079460958"),
            ("+1 (212) 555-0123", "+12125550123"),
            ("0012125550123", "+12125550123"),
            ("+442079460958123", "+442079460958123"),
            ("+4420794609581234", "not a phone"),
            ("+44207946", "+44207946"),
            ("+4420794", "not a phone"),
            ("+85212345678", "not a phone"),
            ("+0442079460958", "not a phone"),
        ] {
            let read = phone(written).unwrap_or_else(|_| "not a phone".to_owned());

            assert_eq!(read, normal, "{written}");
        }
    }

    #[test]
    fn a_forgotten_86_is_no_american_number() {
        assert_eq!(phone("+13800138000"), Err(ClaimError::PhoneInvalid));
    }

    #[test]
    fn fixed_lines_and_service_numbers_are_refused_by_name() {
        for written in
            ["010-62345678", "0755 2345 6789", "+86 10 6234 5678", "62345678", "400-820-8820"]
        {
            assert_eq!(phone(written), Err(ClaimError::PhoneLandline), "{written}");
        }
    }

    #[test]
    fn what_spreadsheets_and_platforms_make_of_phones_is_no_phone() {
        for written in [
            "",
            "1.38E+10",
            "13800138000.0",
            "138****8000",
            "18877771111-123",
            "138001380OO",
            "++8613800138000",
        ] {
            assert_eq!(phone(written), Err(ClaimError::PhoneInvalid), "{written}");
        }
    }

    #[test]
    fn phones_and_emails_have_no_scope_and_others_need_one() {
        let (longest, too_long) = ("x".repeat(64), "x".repeat(65));
        let claim = |kind, scope| Claim::parse(kind, scope, "a@b.cn", true);

        assert!(claim(IdentityKind::Email, Some(" ")).is_ok());
        assert_eq!(
            claim(IdentityKind::Email, Some("x")),
            Err(ClaimError::ScopeUnexpected(IdentityKind::Email))
        );
        assert_eq!(
            claim(IdentityKind::Card, None),
            Err(ClaimError::ScopeMissing(IdentityKind::Card))
        );
        assert_eq!(claim(IdentityKind::Card, Some("a b")), Err(ClaimError::ScopeInvalid));
        assert!(claim(IdentityKind::Openid, Some(longest.as_str())).is_ok());
        assert_eq!(
            claim(IdentityKind::Openid, Some(too_long.as_str())),
            Err(ClaimError::ScopeInvalid)
        );
        let scope = claim(IdentityKind::Openid, Some(" Douyin ")).map(|claim| claim.scope);
        assert_eq!(scope, Ok("douyin".to_owned()));
    }

    #[test]
    fn an_email_is_lower_case_and_has_a_host() {
        let email =
            |value| Claim::parse(IdentityKind::Email, None, value, true).map(|claim| claim.value);

        assert_eq!(email(" Amy.W@Example.COM "), Ok("amy.w@example.com".to_owned()));
        assert_eq!(email("amy＠example.com"), Ok("amy@example.com".to_owned()));
        for wrong in [
            "",
            "amy",
            "@example.com",
            "amy@",
            "amy@host",
            "a b@c.d",
            "a..b@c.d",
            "a@b@c.d",
            "a@-b.c",
        ] {
            assert_eq!(email(wrong), Err(ClaimError::EmailInvalid), "{wrong}");
        }
    }

    #[test]
    fn cards_lose_what_is_printed_between_digits_and_ids_keep_their_case() {
        assert_eq!(scoped(IdentityKind::Card, " vip-0012 3４ "), Ok("VIP001234".to_owned()));
        assert_eq!(scoped(IdentityKind::Openid, " oAbC-d "), Ok("oAbC-d".to_owned()));
    }

    #[test]
    fn ids_have_one_to_256_bytes() {
        let id = |length| scoped(IdentityKind::Unionid, &"x".repeat(length));
        let refused = Err(ClaimError::ValueInvalid(IdentityKind::Unionid));

        assert_eq!(id(0), refused);
        assert!(id(1).is_ok());
        assert!(id(256).is_ok());
        assert_eq!(id(257), refused);
        assert_eq!(scoped(IdentityKind::Unionid, "a\u{0}b"), refused);
    }

    #[test]
    fn masked_phones_take_one_form() {
        let masked = |value| scoped(IdentityKind::PhoneMasked, value);

        for written in
            ["138****8000", "138*8000", "+86 138****8000", "86138xxxx8000", "138●●●●8000"]
        {
            assert_eq!(masked(written), Ok("138****8000".to_owned()), "{written}");
        }
        assert_eq!(masked("138******00"), Ok("138******00".to_owned()));
        for wrong in ["13800138000", "***********", "138****80*0", "王**", "238****8000", ""] {
            assert!(masked(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn strength_follows_the_order_of_the_field() {
        let order = [
            (IdentityKind::Phone, true),
            (IdentityKind::Unionid, false),
            (IdentityKind::Openid, false),
            (IdentityKind::Card, true),
            (IdentityKind::Email, true),
            (IdentityKind::CrmId, true),
            (IdentityKind::Phone, false),
            (IdentityKind::PhoneToken, true),
            (IdentityKind::PhoneMasked, true),
        ];

        assert!(order.is_sorted_by(|one, next| strength(one.0, one.1) > strength(next.0, next.1)));
        assert_eq!(strength(IdentityKind::BuyerId, true), strength(IdentityKind::AlipayId, false));
    }

    fn written() -> impl Strategy<Value = String> {
        prop_oneof![
            "[+０-９0-9 ()-]{0,4}1[3-9][0-9]{9}",
            "[+]?(86|852|853|886|44|1|00|0)?[0-9]{6,13}",
            "1[0-9]{1,6}[*xX]{1,8}[0-9]{2,4}",
            "[A-Za-zÀ-ž0-9.]{1,9}@[A-Za-z0-9.-]{1,9}",
            "\\PC{0,12}",
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(
            kind in prop::sample::select(&IdentityKind::ALL[..]),
            value in written(),
            scope in "\\PC{1,8}",
        ) {
            let scope = kind.has_scope().then_some(scope);
            if let Ok(once) = Claim::parse(kind, scope.as_deref(), &value, true) {
                let twice = Claim::parse(kind, Some(&once.scope), &once.value, true);

                prop_assert_eq!(twice, Ok(once));
            }
        }
    }
}
