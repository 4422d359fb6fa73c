//! A batch of records through the operations; a refusal goes to the rejects.

use hui_loyalty::orders::checks::Refusal;
use hui_operations::Operations;
use hui_operations::actor::Actor;
use hui_operations::migrate_members::{MigrateMemberError, migrate_members};
use hui_operations::record_orders::{OrderRequest, RecordOrderError, record_orders};
use hui_operations::record_refunds::{RecordRefundError, RefundRequest, record_refunds};

use super::Outcome;
use super::building::Reject;
use super::cutting::{Content, Piece};
use super::reading::Record;
use super::rejects::Rejects;

/// Where a piece stands in the file, and what it was made of.
struct Place {
    line: u64,
    rows: Vec<Record>,
}

/// Records a batch; a failure of the database ends the import.
pub(super) async fn record(
    operations: &Operations,
    actor: &Actor,
    pieces: Vec<Piece>,
    rejects: &mut Rejects,
) -> anyhow::Result<Outcome> {
    let (mut orders, mut refunds, mut members) = (Vec::new(), Vec::new(), Vec::new());
    let (mut places, mut refused) = (Vec::new(), Vec::new());
    // A file holds one kind, so the places are those of whichever it is.
    for Piece { line, rows, content } in pieces {
        let place = Place { line, rows };
        match content {
            Content::Refused(reject) => refused.push((place, reject)),
            Content::Order(order) => {
                places.push(place);
                orders.push(OrderRequest { order: *order, key: None, lock: None });
            }
            Content::Refund(refund) => {
                places.push(place);
                refunds.push(RefundRequest { refund, key: None });
            }
            Content::Member(member) => {
                places.push(place);
                members.push(*member);
            }
        }
    }
    let mut answers: Vec<Result<bool, Reject>> = Vec::with_capacity(places.len());
    // An order or refund without a request's key does not tell whether it was known before.
    if !orders.is_empty() {
        for answer in record_orders(operations, actor, orders).await {
            answers.push(settled(answer.map(|_| false), of_order_error)?);
        }
    }
    if !refunds.is_empty() {
        for answer in record_refunds(operations, actor, refunds).await {
            answers.push(settled(answer.map(|_| false), of_refund_error)?);
        }
    }
    if !members.is_empty() {
        for answer in migrate_members(operations, actor, members).await {
            answers.push(settled(answer.map(|answer| answer.replayed), of_member_error)?);
        }
    }
    let mut outcome = Outcome::default();
    for (place, answer) in places.into_iter().zip(answers) {
        match answer {
            Ok(known) => {
                outcome.recorded += 1;
                outcome.known += i64::from(known);
            }
            Err(reject) => refused.push((place, reject)),
        }
    }
    write(refused, rejects, &mut outcome)?;
    Ok(outcome)
}

/// Checks a batch and records nothing.
pub(super) fn check(
    operations: &Operations,
    pieces: Vec<Piece>,
    rejects: &mut Rejects,
) -> anyhow::Result<Outcome> {
    let now = operations.clock.now();
    let (mut outcome, mut refused) = (Outcome::default(), Vec::new());
    for Piece { line, rows, content } in pieces {
        let reject = match content {
            Content::Refused(reject) => Some(reject),
            Content::Order(mut order) => {
                let mut refusals = order.check();
                refusals.extend(order.clamp_times(now));
                refusals.first().map(of_refusal)
            }
            Content::Refund(refund) => refund.check().first().map(of_refusal),
            Content::Member(member) => match member.check(now) {
                Ok(()) => None,
                Err(error) => Some(of_member_error(error)?),
            },
        };
        match reject {
            Some(reject) => refused.push((Place { line, rows }, reject)),
            None => outcome.recorded += 1,
        }
    }
    write(refused, rejects, &mut outcome)?;
    Ok(outcome)
}

fn settled<E>(
    answer: Result<bool, E>,
    reject: impl Fn(E) -> anyhow::Result<Reject>,
) -> anyhow::Result<Result<bool, Reject>> {
    match answer {
        Ok(replayed) => Ok(Ok(replayed)),
        Err(error) => Ok(Err(reject(error)?)),
    }
}

/// Writes refusals in the order of the file.
fn write(
    mut refused: Vec<(Place, Reject)>,
    rejects: &mut Rejects,
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    refused.sort_by_key(|(place, _)| place.line);
    for (place, reject) in refused {
        outcome.rejected += 1;
        rejects.write(place.line, &place.rows, &reject)?;
    }
    Ok(())
}

fn of_refusal(refusal: &Refusal) -> Reject {
    Reject::new(refusal.code, format!("{} {}", refusal.pointer, refusal.detail).trim())
}

fn of_refusals(refusals: &[Refusal]) -> Reject {
    refusals.first().map_or_else(|| Reject::new("request.invalid", "not valid"), of_refusal)
}

fn of_order_error(error: RecordOrderError) -> anyhow::Result<Reject> {
    let reason = error.to_string();
    Ok(match error {
        RecordOrderError::Invalid(refusals) => of_refusals(&refusals),
        RecordOrderError::UnknownChannel(_) => Reject::new("channel.unknown", reason),
        RecordOrderError::Changed(_, change) => {
            Reject::new("order.changed", format!("{reason}: {change}"))
        }
        RecordOrderError::KeyReused(_) => Reject::new("idempotency.reused", reason),
        RecordOrderError::Lock(_) => Reject::new("checkout.lock_differs", reason),
        RecordOrderError::OtherShop => Reject::new("shop.forbidden", reason),
        RecordOrderError::Store(failed) => return stopped(failed),
    })
}

fn of_refund_error(error: RecordRefundError) -> anyhow::Result<Reject> {
    let reason = error.to_string();
    Ok(match error {
        RecordRefundError::Invalid(refusals) => of_refusals(&refusals),
        RecordRefundError::UnknownChannel(_) => Reject::new("channel.unknown", reason),
        RecordRefundError::Changed(_) => Reject::new("refund.changed", reason),
        RecordRefundError::Refused(refusal) => Reject::new("refund.refused", refusal.to_string()),
        RecordRefundError::KeyReused(_) => Reject::new("idempotency.reused", reason),
        RecordRefundError::NoOrder(_) => Reject::new("order.unknown", reason),
        RecordRefundError::OtherShop => Reject::new("shop.forbidden", reason),
        RecordRefundError::Store(failed) => return stopped(failed),
    })
}

fn of_member_error(error: MigrateMemberError) -> anyhow::Result<Reject> {
    let reason = error.to_string();
    Ok(match error {
        MigrateMemberError::Invalid { .. } => Reject::new("request.invalid", reason),
        MigrateMemberError::Future(_) => Reject::new("time.future", reason),
        MigrateMemberError::NoIdentity => Reject::new("identity.missing", reason),
        MigrateMemberError::UnknownChannel(_) => Reject::new("channel.unknown", reason),
        MigrateMemberError::UnknownTier(_) => Reject::new("tier.unknown", reason),
        MigrateMemberError::Changed(_) => Reject::new("member.changed", reason),
        MigrateMemberError::Store(failed) => return stopped(failed),
    })
}

fn stopped(failed: impl std::error::Error + Send + Sync + 'static) -> anyhow::Result<Reject> {
    Err(anyhow::Error::new(failed)
        .context("the database failed; start the same import again and it goes on from here"))
}
