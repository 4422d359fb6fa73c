//! The routes of what members own besides points: coupons, wallets, cards, exchanges.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::{benefits, cards, checkout, coupons, mall, wallet};

/// Adds them.
pub(crate) fn routes(router: OpenApiRouter<Arc<App>>) -> OpenApiRouter<Arc<App>> {
    router
        .routes(routes!(checkout::quote))
        .routes(routes!(checkout::gifts::list))
        .routes(routes!(checkout::gifts::put))
        .routes(routes!(checkout::locks::hold))
        .routes(routes!(checkout::locks::read))
        .routes(routes!(checkout::locks::extend))
        .routes(routes!(checkout::locks::confirm))
        .routes(routes!(checkout::locks::cancel))
        .routes(routes!(checkout::refunds::quote))
        .routes(routes!(coupons::templates::list, coupons::templates::make))
        .routes(routes!(coupons::templates::show, coupons::templates::change))
        .routes(routes!(coupons::issue))
        .routes(routes!(coupons::claim))
        .routes(routes!(coupons::claim_code))
        .routes(routes!(coupons::list))
        .routes(routes!(coupons::look_up))
        .routes(routes!(coupons::lock))
        .routes(routes!(coupons::release))
        .routes(routes!(coupons::redeem))
        .routes(routes!(coupons::revoke))
        .routes(routes!(coupons::transfer))
        .routes(routes!(coupons::history))
        .routes(routes!(coupons::batches::list, coupons::batches::make))
        .routes(routes!(coupons::batches::import))
        .routes(routes!(coupons::batches::show))
        .routes(routes!(coupons::batches::export))
        .routes(routes!(wallet::show))
        .routes(routes!(wallet::entries))
        .routes(routes!(wallet::top_ups, wallet::top_up))
        .routes(routes!(wallet::refund))
        .routes(routes!(wallet::hold))
        .routes(routes!(wallet::spend))
        .routes(routes!(wallet::confirm))
        .routes(routes!(wallet::cancel))
        .routes(routes!(wallet::give_back))
        .routes(routes!(wallet::settlement))
        .routes(routes!(cards::list, cards::sell))
        .routes(routes!(cards::refund))
        .routes(routes!(cards::revoke))
        .routes(routes!(cards::visits, cards::visit))
        .routes(routes!(cards::undo))
        .routes(routes!(benefits::show))
        .routes(routes!(mall::list, mall::make))
        .routes(routes!(mall::change))
        .routes(routes!(mall::exchanges, mall::exchange))
        .routes(routes!(mall::hand_over))
        .routes(routes!(mall::sent))
        .routes(routes!(mall::take_back))
}
