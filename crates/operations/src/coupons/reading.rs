//! What is shown of coupons, as of now.

use hui_loyalty::coupons::templates::Template;
use hui_loyalty::coupons::{Coupon, State};
use hui_loyalty::ids::{CouponId, MemberId};
use hui_loyalty::time::Timestamp;
use hui_store::coupons::EventRow;
use hui_store::coupons::templates;
use hui_store::{Error, Tx, coupons};

use super::issuing::is_handed_out;
use super::{CouponError, stored_code};
use crate::actor::Actor;
use crate::context::Operations;
use crate::read_members::find;

/// A coupon as it is shown.
#[derive(Debug, Clone)]
pub struct CouponView {
    /// As stored.
    pub coupon: Coupon,
    /// The version of its template that it was made of.
    pub template: Template,
    /// Where it stands now.
    pub state: State,
    /// Whether it can be used now.
    pub usable: bool,
}

async fn views(
    tx: &mut Tx,
    actor: &Actor,
    coupons: Vec<Coupon>,
    now: Timestamp,
) -> Result<Vec<CouponView>, Error> {
    let made_of = coupons.iter().map(|coupon| (coupon.template, coupon.version));
    let versions = templates::versions(tx, actor.program, made_of).await?;
    coupons
        .into_iter()
        .map(|coupon| {
            let template = versions
                .get(&(coupon.template, coupon.version))
                .cloned()
                .ok_or_else(|| Error::unreadable("coupon template", "its version is missing"))?;
            let (state, usable) = (coupon.state_at(now), coupon.is_usable(now));
            Ok(CouponView { coupon, template, state, usable })
        })
        .collect()
}

/// A member's coupons, latest first; of one that was merged away the survivor's.
pub async fn list_coupons(
    operations: &Operations,
    actor: &Actor,
    member: MemberId,
    state: Option<State>,
    before: Option<CouponId>,
    limit: i64,
) -> Result<Vec<CouponView>, CouponError> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let row = find(&mut tx, actor, member).await?.ok_or(CouponError::NoMember(member))?;
    let listed =
        coupons::of_member(&mut tx, actor.program, row.id, now, state, before, limit).await?;
    let views = views(&mut tx, actor, listed, now).await?;
    tx.rollback().await?;
    Ok(views)
}

/// The coupon of a code, for a till.
pub async fn look_up_coupon(
    operations: &Operations,
    actor: &Actor,
    code: &str,
) -> Result<CouponView, CouponError> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let found = coupons::find_code(&mut tx, actor.program, &stored_code(code)).await?;
    let found = found.filter(is_handed_out).ok_or(CouponError::NoCoupon)?;
    let mut views = views(&mut tx, actor, vec![found], now).await?;
    tx.rollback().await?;
    views.pop().ok_or(CouponError::NoCoupon)
}

/// The history of a coupon, earliest first.
pub async fn read_history(
    operations: &Operations,
    actor: &Actor,
    id: CouponId,
) -> Result<Vec<EventRow>, CouponError> {
    let mut tx = operations.store.snapshot().await?;
    if coupons::load(&mut tx, actor.program, id).await?.is_none() {
        return Err(CouponError::NoCoupon);
    }
    let events = coupons::events_of(&mut tx, actor.program, id).await?;
    tx.rollback().await?;
    Ok(events)
}
