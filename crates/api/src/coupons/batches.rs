//! Batches of codes over the wire: asked for, imported, exported as CSV without holding them all.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use http_body_util::channel::{Channel, Sender};
use hui_loyalty::ids::{BatchId, CouponId, TemplateId};
use hui_loyalty::time::Timestamp;
use hui_operations::actor::Actor;
use hui_operations::coupons::CouponError;
use hui_operations::coupons::batches::{
    BatchReceipt, begin_export, export_page, import_codes, list_batches, make_batch, read_batch,
};
use hui_store::coupons::batches::BatchRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, IdempotencyKey, KeyHeader, request_key};
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::threads::aside;
use crate::wire::Amount;

/// Codes of one piece of an export.
const CODES_AT_ONCE: i64 = 2_000;

/// How many codes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewBatchBody {
    /// What it is called: 1 to 100 bytes.
    name: String,
    /// 1 to 1,000,000.
    #[schema(value_type = i64)]
    count: Amount,
}

/// A batch that is being made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchMadeBody {
    #[schema(value_type = String)]
    batch_id: BatchId,
    /// How many codes it is to have.
    codes: i64,
    /// How many it has already; the background work makes the rest.
    made: i64,
}

impl From<BatchReceipt> for BatchMadeBody {
    fn from(receipt: BatchReceipt) -> Self {
        Self { batch_id: receipt.batch_id, codes: receipt.codes, made: receipt.made }
    }
}

/// A batch.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BatchBody {
    #[schema(value_type = String)]
    batch_id: BatchId,
    #[schema(value_type = String)]
    template_id: TemplateId,
    name: String,
    codes: i64,
    made: i64,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    created_by: String,
}

impl From<BatchRow> for BatchBody {
    fn from(row: BatchRow) -> Self {
        Self {
            batch_id: row.id,
            template_id: row.template,
            name: row.name,
            codes: row.codes,
            made: row.made,
            created_at: row.created_at,
            created_by: row.created_by,
        }
    }
}

/// Ask for a batch of codes on paper
///
/// They count out of the stock at once and are made in the background.
#[utoipa::path(post, path = "/api/v1/coupon-templates/{id}/batches", tag = "coupons",
    params(("id" = String, Path, description = "The template"), KeyHeader),
    request_body = NewBatchBody, responses((status = OK, body = BatchMadeBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_TEMPLATE_UNKNOWN.name, codes::COUPON_OUT_OF_STOCK.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn make(
    allowed: Allowed<needs::CouponsIssue>,
    At(id): At<TemplateId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<NewBatchBody>,
) -> Result<Answer<BatchMadeBody>, Problem> {
    let key = request_key("coupons/batches", key, &id, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            make_batch(hui, actor, id, &body.name, body.count.0, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// The batches of a template, latest first
#[utoipa::path(get, path = "/api/v1/coupon-templates/{id}/batches", tag = "coupons",
    params(("id" = String, Path, description = "The template"), PageQuery),
    responses((status = OK, body = Page<BatchBody>)))]
pub(crate) async fn list(
    allowed: Allowed<needs::CouponsRead>,
    At(id): At<TemplateId>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<BatchBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| BatchId(id));
    let rows = allowed
        .run(async move |hui, actor| list_batches(hui, actor, Some(id), before, size + 1).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |row| [row.id.0])))
}

/// Codes that somebody else made.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImportCodesBody {
    /// What the batch is called: 1 to 100 bytes.
    name: String,
    /// 1 to 10,000 of 4 to 64 visible ASCII characters each.
    codes: Vec<String>,
}

/// Take codes of somebody else's making into a template's pool
///
/// All or none. Members get them one by one as coupons are issued or claimed.
#[utoipa::path(post, path = "/api/v1/coupon-templates/{id}/codes", tag = "coupons",
    params(("id" = String, Path, description = "The template"), KeyHeader),
    request_body = ImportCodesBody, responses((status = OK, body = BatchMadeBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_TEMPLATE_UNKNOWN.name, codes::COUPON_OUT_OF_STOCK.name, codes::COUPON_CODE_TAKEN.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn import(
    allowed: Allowed<needs::CouponsIssue>,
    At(id): At<TemplateId>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<ImportCodesBody>,
) -> Result<Answer<BatchMadeBody>, Problem> {
    let key = request_key("coupons/import", key, &id, &body);
    let answer = allowed
        .run(async move |hui, actor| {
            import_codes(hui, actor, id, &body.name, &body.codes, Some(&key)).await
        })
        .await?;
    Ok(Answer::of(answer))
}

/// A batch and how far it has come
#[utoipa::path(get, path = "/api/v1/coupon-batches/{id}", tag = "coupons",
    params(("id" = String, Path, description = "The batch")),
    responses((status = OK, body = BatchBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_BATCH_UNKNOWN.name]))))]
pub(crate) async fn show(
    allowed: Allowed<needs::CouponsRead>,
    At(id): At<BatchId>,
) -> Result<Json<BatchBody>, Problem> {
    let row = allowed.run(async move |hui, actor| read_batch(hui, actor, id).await).await?;
    Ok(Json(row.into()))
}

/// The codes of a batch as CSV
///
/// Who exported them stands in the audit log. Those not made yet are not in it.
#[utoipa::path(get, path = "/api/v1/coupon-batches/{id}/codes.csv", tag = "coupons",
    params(("id" = String, Path, description = "The batch")),
    responses((status = OK, body = String, content_type = "text/csv")),
    extensions(("x-problem-codes" = json!([codes::COUPON_BATCH_UNKNOWN.name]))))]
pub(crate) async fn export(
    State(app): State<Arc<App>>,
    allowed: Allowed<needs::Export>,
    At(id): At<BatchId>,
) -> Result<Response, Problem> {
    let actor = allowed.actor;
    let (noted, by) = (Arc::clone(&app), actor.clone());
    aside(move || async move { begin_export(&noted.operations, &by, id).await }).await??;
    let (sender, body) = Channel::<Bytes, CouponError>::new(2);
    tokio::task::spawn_blocking(move || {
        tokio::runtime::Handle::current().block_on(send_codes(&app, &actor, id, sender));
    });
    let media = HeaderValue::from_static("text/csv; charset=utf-8");
    let name = format!("attachment; filename=\"{id}.csv\"");
    let mut response = Body::new(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, media);
    if let Ok(name) = HeaderValue::from_str(&name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    Ok(response)
}

/// Sends page after page; stops when nobody listens any more.
async fn send_codes(app: &App, actor: &Actor, id: BatchId, mut sender: Sender<Bytes, CouponError>) {
    let mut text = "code,state,valid_from,valid_until\n".to_owned();
    let mut after: Option<CouponId> = None;
    loop {
        let page = match export_page(&app.operations, actor, id, after, CODES_AT_ONCE).await {
            Ok(page) => page,
            Err(error) => return sender.abort(error),
        };
        for row in &page {
            let (state, from, until) = (row.state.name(), row.valid_from, row.valid_until);
            let _ = writeln!(text, "{},{state},{from},{until}", row.code);
        }
        let Some(last) = page.last() else { break };
        after = Some(last.coupon);
        if sender.send_data(Bytes::from(std::mem::take(&mut text))).await.is_err() {
            return;
        }
    }
    if !text.is_empty() {
        // Nobody listening any more is no fault.
        let _ = sender.send_data(Bytes::from(text)).await;
    }
}
