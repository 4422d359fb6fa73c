//! Times, durations and time zones written in an expression.

use std::str::Chars;

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::evaluate::{DURATION_MAX, TIMESTAMP_MAX, TIMESTAMP_MIN};

/// Microseconds since the epoch of an RFC 3339 timestamp, or what is wrong.
pub(super) fn timestamp(text: &str) -> Result<i64, String> {
    let (local, offset) = rfc_3339(text).ok_or_else(|| {
        let example = "2026-11-11T00:00:00+08:00";
        format!("'{text}' is no timestamp; write it with its offset, '{example}'")
    })?;
    // Not by way of an instant, which ends a day before the year 9999 does.
    let since_epoch = local.duration_since(DateTime::constant(1970, 1, 1, 0, 0, 0, 0));
    let nanoseconds = since_epoch.as_nanos().saturating_sub(offset.as_nanos());
    if nanoseconds.checked_rem(1_000) != Some(0) {
        return Err(format!("'{text}' is finer than a microsecond"));
    }
    nanoseconds
        .checked_div(1_000)
        .and_then(|microseconds| i64::try_from(microseconds).ok())
        .filter(|microseconds| (TIMESTAMP_MIN..=TIMESTAMP_MAX).contains(microseconds))
        .ok_or_else(|| format!("'{text}' is outside the years 1 to 9999"))
}

/// `YYYY-MM-DDTHH:MM:SS`, a fraction if need be, then `Z` or `±HH:MM`: the local
/// time, and how far it is ahead of UTC.
///
/// The parser behind it takes more forms, which no other implementation of CEL
/// would.
fn rfc_3339(text: &str) -> Option<(DateTime, SignedDuration)> {
    let mut rest = text.chars();
    if !starts_like(&mut rest, "dddd-dd-ddTdd:dd:dd") {
        return None;
    }
    let zone = match rest.as_str().strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(is_digit);
            (zone.len() < fraction.len()).then_some(zone)?
        }
        None => rest.as_str(),
    };
    let local = text.strip_suffix(zone)?.parse().ok()?;
    let offset = match zone {
        "Z" | "z" => SignedDuration::ZERO,
        _ if zone.starts_with(['+', '-']) => {
            let (hours, minutes) = zone.split_once(':')?;
            offset(hours, minutes)?
        }
        _ => return None,
    };
    Some((local, offset))
}

fn starts_like(text: &mut Chars<'_>, shape: &str) -> bool {
    shape.chars().all(|expected| match (expected, text.next()) {
        ('d', Some(found)) => is_digit(found),
        ('T', Some(found)) => found == 'T' || found == 't',
        (expected, found) => found == Some(expected),
    })
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// Microseconds of a duration such as `72h30m` or `-1.5s`, or what is wrong.
pub(super) fn duration(text: &str) -> Result<i64, String> {
    let shape = || {
        format!(
            "'{text}' is no duration; write hours, minutes and seconds like '72h', '1h30m', '1.5s'"
        )
    };
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(shape());
    }
    let mut nanoseconds: i128 = 0;
    while !rest.is_empty() {
        let (part, after) = component(rest).ok_or_else(shape)?;
        nanoseconds = nanoseconds.saturating_add(part);
        rest = after;
    }
    if nanoseconds.checked_rem(1_000) != Some(0) {
        return Err(format!("'{text}' is finer than a microsecond"));
    }
    let microseconds = nanoseconds
        .checked_div(1_000)
        .and_then(|microseconds| i64::try_from(microseconds).ok())
        .filter(|microseconds| *microseconds <= DURATION_MAX)
        .ok_or_else(|| format!("'{text}' is longer than 292 years"))?;
    Ok(if negative { microseconds.saturating_neg() } else { microseconds })
}

/// The nanoseconds of the first number with its unit, and the rest of the text.
fn component(text: &str) -> Option<(i128, &str)> {
    let after_whole = text.trim_start_matches(is_digit);
    let whole = text.strip_suffix(after_whole)?;
    let (fraction, after_number) = match after_whole.strip_prefix('.') {
        Some(after_point) => {
            let after = after_point.trim_start_matches(is_digit);
            (after_point.strip_suffix(after)?, after)
        }
        None => ("", after_whole),
    };
    if whole.is_empty() || (fraction.is_empty() && after_whole != after_number) {
        return None;
    }
    let (per_unit, after) = unit(after_number)?;
    let whole = whole.parse::<i64>().ok()?;
    let nanoseconds = i128::from(whole).checked_mul(per_unit)?;
    Some((nanoseconds.checked_add(fraction_of(fraction, per_unit)?)?, after))
}

/// A decimal fraction of a unit. Nanoseconds that do not come out even are
/// rounded up, so that they are still noticed as too fine.
fn fraction_of(digits: &str, per_unit: i128) -> Option<i128> {
    if digits.is_empty() {
        return Some(0);
    }
    if digits.len() > 18 {
        return None;
    }
    let scale = 10_i128.checked_pow(u32::try_from(digits.len()).ok()?)?;
    let part = i128::from(digits.parse::<i64>().ok()?).checked_mul(per_unit)?;
    let even = part.checked_rem(scale)? == 0;
    part.checked_div(scale)?.checked_add(i128::from(!even))
}

fn unit(text: &str) -> Option<(i128, &str)> {
    let units = [
        ("ms", 1_000_000),
        ("us", 1_000),
        ("ns", 1),
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
    ];
    units.into_iter().find_map(|(name, nanoseconds)| Some((nanoseconds, text.strip_prefix(name)?)))
}

/// A time zone by its IANA name or as `+08:00`, or what is wrong.
pub(super) fn zone(text: &str) -> Result<TimeZone, String> {
    if text.is_empty() {
        return Ok(TimeZone::UTC);
    }
    if let Some((hours, minutes)) = text.split_once(':') {
        return offset(hours, minutes)
            .and_then(|ahead| Offset::try_from(ahead).ok())
            .map(TimeZone::fixed)
            .ok_or_else(|| format!("'{text}' is no offset; write it like '+08:00'"));
    }
    let unknown = || format!("unknown time zone '{text}'; write it like 'Asia/Shanghai'");
    let zone = TimeZone::get(text).map_err(|_| unknown())?;
    match zone.iana_name() {
        Some(name) if name != text => {
            Err(format!("unknown time zone '{text}'; did you mean '{name}'?"))
        }
        _ => Ok(zone),
    }
}

fn offset(hours: &str, minutes: &str) -> Option<SignedDuration> {
    let (sign, hours) = match hours.strip_prefix('-') {
        Some(hours) => (-1, hours),
        None => (1, hours.strip_prefix('+').unwrap_or(hours)),
    };
    let two_digits = |text: &str| text.len() == 2 && text.chars().all(is_digit);
    if !two_digits(hours) || !two_digits(minutes) {
        return None;
    }
    let hours = hours.parse::<i64>().ok().filter(|hours| *hours <= 23)?;
    let minutes = minutes.parse::<i64>().ok().filter(|minutes| *minutes <= 59)?;
    let minutes = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(sign)?;
    Some(SignedDuration::from_mins(minutes))
}
