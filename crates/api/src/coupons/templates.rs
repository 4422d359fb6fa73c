//! Coupon templates over the wire: flat, as the contract writes them.

use axum::Json;
use hui_loyalty::amounts::Money;
use hui_loyalty::coupons::templates::{ClaimWindow, CodeSource, Template, Validity};
use hui_loyalty::coupons::terms::{Effect, Terms};
use hui_loyalty::ids::TemplateId;
use hui_loyalty::program::texts::LocalText;
use hui_loyalty::schedules::Schedule;
use hui_loyalty::scopes::Scope;
use hui_loyalty::time::Timestamp;
use hui_operations::coupons::templating::{
    change_template, list_templates, make_template, read_template,
};
use hui_store::coupons::templates::TemplateRow;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::idempotency::{Answer, IdempotencyKey, KeyHeader, request_key};
use crate::paging::{Page, PageQuery, asked};
use crate::params::{Asked, At};
use crate::problem::Problem;
use crate::wire::{Amount, Refusals};

/// What a coupon does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KindBody {
    /// 满减: `amount` off.
    Amount,
    /// 折扣: `percent` off, at most `cap`.
    Percent,
    /// 一口价: the dearest piece in scope for `amount`.
    FixedPrice,
    /// 兑换: the product `gift` for nothing.
    Gift,
    /// 包邮: shipping is free, or `amount` cheaper.
    Shipping,
    /// 次卡: one piece in scope free, `times` times.
    Times,
}

/// A name in two languages; one of them may be left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NameBody {
    /// In Chinese.
    pub(crate) zh: String,
    /// In English.
    pub(crate) en: String,
}

impl From<LocalText> for NameBody {
    fn from(text: LocalText) -> Self {
        Self { zh: text.zh, en: text.en }
    }
}

impl From<NameBody> for LocalText {
    fn from(body: NameBody) -> Self {
        Self { zh: body.zh, en: body.en }
    }
}

/// When a coupon can be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum ValidityBody {
    /// Counted from receipt.
    Days {
        /// From so many days after receipt.
        #[serde(default)]
        delay: i64,
        /// For so many days, to the end of the last.
        days: i64,
    },
    /// Between two instants.
    Window {
        /// From here on.
        #[schema(value_type = String, format = DateTime)]
        from: Timestamp,
        /// Over at this instant.
        #[schema(value_type = String, format = DateTime)]
        until: Timestamp,
    },
}

impl From<ValidityBody> for Validity {
    fn from(body: ValidityBody) -> Self {
        match body {
            ValidityBody::Days { delay, days } => Self::Days { delay, days },
            ValidityBody::Window { from, until } => Self::Window { from, until },
        }
    }
}

impl From<Validity> for ValidityBody {
    fn from(validity: Validity) -> Self {
        match validity {
            Validity::Days { delay, days } => Self::Days { delay, days },
            Validity::Window { from, until } => Self::Window { from, until },
        }
    }
}

/// From when until when members may claim.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ClaimWindowBody {
    /// From here on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Over at this instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
}

/// What the coupons of one kind have in common.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": {"zh": "满100减20", "en": "20 off 100"}, "kind": "amount",
    "amount": 2000, "min_spend": 10000, "validity": {"kind": "days", "delay": 0, "days": 30},
    "stock": 10000, "per_member": 1, "claim": {}}))]
pub(crate) struct TemplateBody {
    name: NameBody,
    kind: KindBody,
    /// Money off, or the fixed price, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    amount: Option<Amount>,
    /// Percent off: 20 is 八折.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    percent: Option<i64>,
    /// How often a times card can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    times: Option<i64>,
    /// The product a gift coupon is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gift: Option<String>,
    /// Pieces of the gift; one where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gift_quantity: Option<i64>,
    /// At most so much off, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    cap: Option<Amount>,
    /// From so much money in scope on, in fen.
    #[serde(default)]
    #[schema(value_type = i64, default = 0)]
    min_spend: Amount,
    /// When it can be used.
    validity: ValidityBody,
    /// How many there are at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    stock: Option<Amount>,
    /// How many one member gets at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    per_member: Option<Amount>,
    /// How many one member gets at most on one day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    per_day: Option<Amount>,
    /// Where and for which products it counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    scope: Option<Scope>,
    /// Of coupons of one group only one is used on an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stacking_group: Option<String>,
    /// On which days and at which hours it can be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    usable: Option<Schedule>,
    /// Whether what a promotion made cheaper is out of its scope.
    #[serde(default)]
    full_price_only: bool,
    /// Whether a refund of the whole order gives it back.
    #[serde(default)]
    restore_on_refund: bool,
    /// Whether members may give it away.
    #[serde(default)]
    transferable: bool,
    /// What all of them may take off together, in fen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i64>)]
    budget: Option<Amount>,
    /// Whether, and when, members may claim it themselves; `{}` is always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    claim: Option<ClaimWindowBody>,
    /// Whether its codes are somebody else's and imported.
    #[serde(default)]
    imported_codes: bool,
}

fn effect(body: &TemplateBody, refusals: &mut Refusals) -> Option<Effect> {
    let allowed: &[&str] = match body.kind {
        KindBody::Amount | KindBody::FixedPrice | KindBody::Shipping => &["amount"],
        KindBody::Percent => &["percent"],
        KindBody::Gift => &["gift", "gift_quantity"],
        KindBody::Times => &["times"],
    };
    let given = [
        ("amount", body.amount.is_some()),
        ("percent", body.percent.is_some()),
        ("times", body.times.is_some()),
        ("gift", body.gift.is_some()),
        ("gift_quantity", body.gift_quantity.is_some()),
    ];
    for (field, _) in given.iter().filter(|(field, given)| *given && !allowed.contains(field)) {
        let message = "does not belong to this kind of coupon";
        refusals.add(format!("/{field}"), &codes::INPUT_REFUSED, message);
    }
    let amount = body.amount.map(|amount| Money(amount.0));
    let effect = match body.kind {
        KindBody::Amount => amount.map(|amount| Effect::Amount { amount }),
        KindBody::FixedPrice => amount.map(|amount| Effect::FixedPrice { amount }),
        KindBody::Percent => body.percent.map(|percent| Effect::Percent { percent }),
        KindBody::Times => body.times.map(|times| Effect::Times { times }),
        KindBody::Shipping => Some(Effect::Shipping { amount }),
        KindBody::Gift => body
            .gift
            .clone()
            .filter(|sku| !sku.trim().is_empty())
            .map(|sku| Effect::Gift { sku, quantity: body.gift_quantity.unwrap_or(1) }),
    };
    if effect.is_none() {
        let message = "is needed for this kind of coupon";
        let field = allowed.first().copied().unwrap_or("kind");
        refusals.add(format!("/{field}"), &codes::INPUT_REFUSED, message);
    }
    effect
}

impl TemplateBody {
    fn template(self) -> Result<Template, Problem> {
        let mut refusals = Refusals::default();
        let effect = effect(&self, &mut refusals);
        refusals.into_result()?;
        let Some(effect) = effect else {
            return Err(Problem::at(&codes::INPUT_REFUSED, "/kind", "what does it do?"));
        };
        let terms = Terms {
            effect,
            min_spend: Money(self.min_spend.0),
            cap: self.cap.map(|cap| Money(cap.0)),
            scope: self.scope.unwrap_or_default(),
            stacking_group: self.stacking_group,
            usable: self.usable.unwrap_or_default(),
            full_price_only: self.full_price_only,
        };
        let source = if self.imported_codes { CodeSource::Imported } else { CodeSource::Generated };
        Ok(Template {
            name: self.name.into(),
            terms,
            validity: self.validity.into(),
            stock: self.stock.map(|stock| stock.0),
            per_member: self.per_member.map(|most| most.0),
            per_day: self.per_day.map(|most| most.0),
            restore_on_refund: self.restore_on_refund,
            transferable: self.transferable,
            budget: self.budget.map(|budget| Money(budget.0)),
            claim: self.claim.map(|claim| ClaimWindow { from: claim.from, until: claim.until }),
            code_source: source,
        })
    }

    pub(crate) fn of(template: Template) -> Self {
        let money = |amount: Money| Some(Amount(amount.0));
        let (mut amount, mut percent, mut times) = (None, None, None);
        let (mut gift, mut gift_quantity) = (None, None);
        let kind = match template.terms.effect {
            Effect::Amount { amount: off } => {
                amount = money(off);
                KindBody::Amount
            }
            Effect::Percent { percent: off } => {
                percent = Some(off);
                KindBody::Percent
            }
            Effect::FixedPrice { amount: price } => {
                amount = money(price);
                KindBody::FixedPrice
            }
            Effect::Gift { sku, quantity } => {
                (gift, gift_quantity) = (Some(sku), Some(quantity));
                KindBody::Gift
            }
            Effect::Shipping { amount: off } => {
                amount = off.and_then(money);
                KindBody::Shipping
            }
            Effect::Times { times: uses } => {
                times = Some(uses);
                KindBody::Times
            }
        };
        let scope = template.terms.scope;
        Self {
            name: template.name.into(),
            kind,
            amount,
            percent,
            times,
            gift,
            gift_quantity,
            cap: template.terms.cap.and_then(money),
            min_spend: Amount(template.terms.min_spend.0),
            validity: template.validity.into(),
            stock: template.stock.map(Amount),
            per_member: template.per_member.map(Amount),
            per_day: template.per_day.map(Amount),
            scope: Some(scope).filter(|scope| *scope != Scope::default()),
            stacking_group: template.terms.stacking_group,
            usable: Some(template.terms.usable).filter(|usable| !usable.is_always()),
            full_price_only: template.terms.full_price_only,
            restore_on_refund: template.restore_on_refund,
            transferable: template.transferable,
            budget: template.budget.and_then(money),
            claim: template
                .claim
                .map(|claim| ClaimWindowBody { from: claim.from, until: claim.until }),
            imported_codes: template.code_source == CodeSource::Imported,
        }
    }
}

/// A template that was made or changed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateMadeBody {
    #[schema(value_type = String)]
    template_id: TemplateId,
    /// 1 when it is new; coupons keep the version they were made of.
    version: i64,
}

/// A template as it stands.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TemplateShownBody {
    #[schema(value_type = String)]
    template_id: TemplateId,
    version: i64,
    template: TemplateBody,
    /// How many coupons it has given, the codes of batches included.
    issued: i64,
    /// What they have taken off, in fen.
    discounted: i64,
    /// Whether it gives none for now.
    paused: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<TemplateRow> for TemplateShownBody {
    fn from(row: TemplateRow) -> Self {
        Self {
            template_id: row.id,
            version: row.version,
            template: TemplateBody::of(row.template),
            issued: row.issued,
            discounted: row.discounted.0,
            paused: row.paused,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// Make a coupon template
#[utoipa::path(post, path = "/api/v1/coupon-templates", tag = "coupons", params(KeyHeader),
    request_body = TemplateBody, responses((status = OK, body = TemplateMadeBody)),
    extensions(("x-problem-codes" = json!([codes::INPUT_REFUSED.name]))))]
pub(crate) async fn make(
    allowed: Allowed<needs::ProgramWrite>,
    IdempotencyKey(key): IdempotencyKey,
    Input(body): Input<TemplateBody>,
) -> Result<Answer<TemplateMadeBody>, Problem> {
    let key = request_key("coupon-templates", key, &"", &body);
    let template = body.template()?;
    let answer = allowed
        .run(async move |hui, actor| make_template(hui, actor, &template, Some(&key)).await)
        .await?;
    let receipt = answer.receipt;
    let made = TemplateMadeBody { template_id: receipt.template_id, version: receipt.version };
    Ok(Answer::ok(made, answer.replayed))
}

/// Coupon templates, latest first
#[utoipa::path(get, path = "/api/v1/coupon-templates", tag = "coupons", params(PageQuery),
    responses((status = OK, body = Page<TemplateShownBody>)))]
pub(crate) async fn list(
    allowed: Allowed<needs::CouponsRead>,
    Asked(query): Asked<PageQuery>,
) -> Result<Json<Page<TemplateShownBody>>, Problem> {
    let (size, before) = asked(query.limit.as_deref(), query.cursor.as_deref())?;
    let before = before.map(|[id]| TemplateId(id));
    let rows = allowed
        .run(async move |hui, actor| list_templates(hui, actor, before, size + 1).await)
        .await?;
    Ok(Json(Page::of_one_more(rows, size, |row| [row.id.0])))
}

/// A coupon template
#[utoipa::path(get, path = "/api/v1/coupon-templates/{id}", tag = "coupons",
    params(("id" = String, Path, description = "The template")),
    responses((status = OK, body = TemplateShownBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_TEMPLATE_UNKNOWN.name]))))]
pub(crate) async fn show(
    allowed: Allowed<needs::CouponsRead>,
    At(id): At<TemplateId>,
) -> Result<Json<TemplateShownBody>, Problem> {
    let row = allowed.run(async move |hui, actor| read_template(hui, actor, id).await).await?;
    Ok(Json(row.into()))
}

/// A new version of a template, or a pause.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateChangeBody {
    /// The new version, whole; left out, what it says stays.
    #[serde(default)]
    template: Option<TemplateBody>,
    /// Whether it gives no coupons for now.
    #[serde(default)]
    paused: Option<bool>,
}

/// Give a template a new version, or pause it
///
/// Coupons keep the version they were made of; stock, budget and the pause count at once.
#[utoipa::path(patch, path = "/api/v1/coupon-templates/{id}", tag = "coupons",
    params(("id" = String, Path, description = "The template")),
    request_body = TemplateChangeBody, responses((status = OK, body = TemplateMadeBody)),
    extensions(("x-problem-codes" = json!([codes::COUPON_TEMPLATE_UNKNOWN.name, codes::COUPON_STOCK.name, codes::INPUT_REFUSED.name]))))]
pub(crate) async fn change(
    allowed: Allowed<needs::ProgramWrite>,
    At(id): At<TemplateId>,
    Input(body): Input<TemplateChangeBody>,
) -> Result<Json<TemplateMadeBody>, Problem> {
    let template = body.template.map(TemplateBody::template).transpose()?;
    let receipt = allowed
        .run(async move |hui, actor| {
            let paused = body.paused;
            change_template(hui, actor, id, template.as_ref(), paused).await
        })
        .await?;
    Ok(Json(TemplateMadeBody { template_id: receipt.template_id, version: receipt.version }))
}
