//! Goods that are given with a purchase, and how many there are.

use axum::Json;
use axum::http::StatusCode;
use hui_loyalty::time::Timestamp;
use hui_operations::checkout::gifts::{list_gifts, put_gift};
use hui_store::gifts::GiftGood;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::paging::{Page, ShortQuery};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::wire::Amount;

/// How many there are.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stock": 200}))]
pub(crate) struct GiftStockBody {
    /// Pieces on the shelf now, those that live locks hold included.
    #[schema(value_type = i64)]
    stock: Amount,
}

/// A product that is given with a purchase and counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GiftGoodBody {
    sku: String,
    /// Pieces on the shelf, those that live locks hold included.
    stock: i64,
    /// How many of these live locks hold.
    held: i64,
    /// How many orders took and did not bring back.
    taken: i64,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<GiftGood> for GiftGoodBody {
    fn from(good: GiftGood) -> Self {
        let GiftGood { sku, stock, held, taken, updated_at } = good;
        Self { sku, stock, held, taken, updated_at }
    }
}

/// Say how many of a gift there are
///
/// From then on it is given as far as it is there: locks hold it, orders take it. A product that
/// was never counted is given without end.
#[utoipa::path(
    put,
    path = "/api/v1/checkout/gifts/{sku}",
    tag = "checkout",
    params(("sku" = String, Path, description = "The product")),
    request_body = GiftStockBody,
    responses((status = NO_CONTENT, description = "Counted")),
    extensions(("x-problem-codes" = json!([
        codes::AMOUNT_OUT_OF_RANGE.name, codes::TEXT_TOO_LONG.name
    ])))
)]
pub(crate) async fn put(
    allowed: Allowed<needs::ProgramWrite>,
    At(sku): At<String>,
    Input(GiftStockBody { stock }): Input<GiftStockBody>,
) -> Result<StatusCode, Problem> {
    allowed.run(async move |hui, actor| put_gift(hui, actor, &sku, stock.0).await).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Gifts that are counted
#[utoipa::path(
    get,
    path = "/api/v1/checkout/gifts",
    tag = "checkout",
    params(ShortQuery),
    responses((status = OK, body = Page<GiftGoodBody>))
)]
pub(crate) async fn list(
    allowed: Allowed<needs::Checkout>,
    Asked(query): Asked<ShortQuery>,
) -> Result<Json<Page<GiftGoodBody>>, Problem> {
    let goods = allowed.run(async move |hui, actor| list_gifts(hui, actor).await).await?;
    Ok(Json(Page::cut(goods, &query)?))
}
