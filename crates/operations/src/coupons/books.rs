//! Locked coupons of one transaction: changed by the rules, saved in bulk with their history.

use std::collections::HashMap;

use hui_loyalty::coupons::{Coupon, Event, EventKind, State};
use hui_loyalty::ids::{CouponId, NewIds as _, ProgramId, TemplateId};
use hui_loyalty::time::Timestamp;
use hui_store::coupons::{self, templates};
use hui_store::{Error, Tx};

use crate::ids::Ids;

/// Coupons that are locked in a transaction.
pub(crate) struct CouponBooks {
    pub(crate) coupons: HashMap<CouponId, Coupon>,
    pub(crate) events: Vec<Event>,
    before: HashMap<CouponId, Coupon>,
}

impl CouponBooks {
    /// Of coupons whose rows are locked; what is added later is new.
    pub(crate) fn open(locked: Vec<Coupon>) -> Self {
        let before: HashMap<CouponId, Coupon> =
            locked.into_iter().map(|coupon| (coupon.id, coupon)).collect();
        Self { coupons: before.clone(), events: Vec::new(), before }
    }

    /// A coupon to be changed, and where its history goes.
    pub(crate) fn of(&mut self, id: CouponId) -> Option<(&mut Coupon, &mut Vec<Event>)> {
        self.coupons.get_mut(&id).map(|coupon| (coupon, &mut self.events))
    }

    /// Adds a new coupon.
    pub(crate) fn add(&mut self, coupon: Coupon) {
        self.coupons.insert(coupon.id, coupon);
    }

    /// Writes what changed: coupons, their history, what their templates took off.
    pub(crate) async fn save(
        self,
        tx: &mut Tx,
        program: ProgramId,
        ids: &Ids,
        now: Timestamp,
    ) -> Result<(), Error> {
        let (mut new, mut changed): (Vec<Coupon>, Vec<(State, Coupon)>) = Default::default();
        let mut sums: HashMap<TemplateId, i64> = HashMap::new();
        for event in &self.events {
            let sign = match event.kind {
                EventKind::Redeemed | EventKind::Used => 1,
                EventKind::Restored => -1,
                _ => continue,
            };
            if let Some(coupon) = self.coupons.get(&event.coupon) {
                *sums.entry(coupon.template).or_default() += sign * event.discount.0;
            }
        }
        for (id, coupon) in self.coupons {
            match self.before.get(&id) {
                None => new.push(coupon),
                Some(before) if *before != coupon => changed.push((before.state, coupon)),
                Some(_) => {}
            }
        }
        new.sort_by_key(|coupon| coupon.id);
        coupons::insert(tx, program, &new).await?;
        coupons::update(tx, program, &changed).await?;
        let mut ids = ids.clone();
        let events: Vec<(i64, Event)> =
            self.events.into_iter().map(|event| (ids.next_id(), event)).collect();
        coupons::insert_events(tx, program, &events, now).await?;
        templates::add_discounted(tx, program, &sums).await
    }
}
