//! Checkout: carts priced over the wire, then locked ([`locks`]), and what refunds would do ([`refunds`]).

use axum::Json;
use hui_loyalty::amounts::Money;
use hui_loyalty::checkout::quote::{Gift, QuotedLine, QuotedShipping, Tenders};
use hui_loyalty::checkout::reasons::{Adjustment, Fix, Nearly, Offer, Unavailable};
use hui_loyalty::checkout::{Asked, Benefits, Cart, CartLine, CouponsAsked, Use};
use hui_loyalty::ids::{MemberId, QuoteId};
use hui_loyalty::time::Timestamp;
use hui_operations::checkout::CheckoutRequest;
use hui_operations::checkout::quotes::{Earns, QuoteView, quote_checkout};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::{Allowed, needs};
use crate::body::Input;
use crate::codes;
use crate::problem::Problem;
use crate::wire::{Amount, Refusals};

pub(crate) mod gifts;
pub(crate) mod locks;
pub(crate) mod refunds;

/// A member by number.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberRefBody {
    #[schema(value_type = String)]
    id: MemberId,
}

/// A line of a cart.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CartLineBody {
    /// The line's number within the cart, unique.
    line_no: String,
    /// The product.
    sku: String,
    /// The category path, such as `skincare/serum`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    /// Pieces, at least one.
    #[schema(value_type = i64)]
    quantity: Amount,
    /// List price of a piece, in fen.
    #[schema(value_type = i64)]
    unit_price: Amount,
    /// Whether promotions, coupons and points may make it cheaper.
    #[serde(default = "yes")]
    #[schema(default = true)]
    discountable: bool,
}

const fn yes() -> bool {
    true
}

/// The word `best`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BestWord {
    /// The combination that leaves the least to pay.
    Best,
}

/// Which coupons: `best`, or a list of codes.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CouponsBody {
    /// The combination that leaves the least to pay.
    Best(BestWord),
    /// These codes.
    Listed(Vec<String>),
}

/// The word `max`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MaxWord {
    /// As much as the rules and the balance allow.
    Max,
}

/// How much: a number, or `max`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum HowMuch {
    /// As much as the rules and the balance allow.
    Max(MaxWord),
    /// So much.
    Exactly(Amount),
}

impl PartialSchema for HowMuch {
    fn schema() -> RefOr<Schema> {
        let number = ObjectBuilder::new().schema_type(Type::Integer);
        let word = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["max"]));
        OneOfBuilder::new().item(number).item(word).into()
    }
}

impl ToSchema for HowMuch {}

/// How much of an asset is to be used.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UseBody {
    /// In points; of the wallet in fen.
    r#use: HowMuch,
}

impl UseBody {
    fn asked(&self, pointer: &str, refusals: &mut Refusals) -> Use {
        match self.r#use {
            HowMuch::Max(_) => Use::Max,
            HowMuch::Exactly(amount) => {
                let amount = refusals.amount(pointer, amount);
                if amount < 0 {
                    refusals.add(pointer, &codes::AMOUNT_OUT_OF_RANGE, "not below zero");
                }
                Use::Exactly(amount)
            }
        }
    }
}

/// Whether promotions apply.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BenefitsBody {
    /// All that hold.
    #[default]
    Auto,
    /// None: list prices.
    None,
}

/// What is to be used.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OffersBody {
    /// `best`, or a list of codes; none where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    coupons: Option<CouponsBody>,
    /// Points; none where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    points: Option<UseBody>,
    /// Stored value; nothing where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wallet: Option<UseBody>,
    /// Promotions: `auto` or `none`.
    #[serde(default)]
    benefits: BenefitsBody,
}

/// The most coupons that may be named.
const COUPONS_MAX: usize = 100;

impl OffersBody {
    fn asked(self, refusals: &mut Refusals) -> Asked {
        if let Some(CouponsBody::Listed(codes)) = &self.coupons {
            if codes.len() > COUPONS_MAX {
                let message = format!("at most {COUPONS_MAX} coupons");
                refusals.add("/offers/coupons", &codes::INPUT_REFUSED, message);
            }
            for (place, code) in codes.iter().enumerate() {
                refusals.text(&format!("/offers/coupons/{place}"), code, 128);
            }
        }
        Asked {
            coupons: match self.coupons {
                Some(CouponsBody::Best(_)) => CouponsAsked::Best,
                Some(CouponsBody::Listed(codes)) => CouponsAsked::Listed(codes),
                None => CouponsAsked::Listed(Vec::new()),
            },
            points: self.points.map(|asked| asked.asked("/offers/points/use", refusals)),
            wallet: self.wallet.map(|asked| asked.asked("/offers/wallet/use", refusals)),
            benefits: match self.benefits {
                BenefitsBody::Auto => Benefits::Auto,
                BenefitsBody::None => Benefits::None,
            },
        }
    }
}

/// A cart to be priced.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "member": {"id": "M0000000000001A"}, "channel": "pos", "shop": "S0001", "staff": "G0007",
    "lines": [{"line_no": "1", "sku": "A1", "category": "skincare/serum", "quantity": 2, "unit_price": 9950}],
    "shipping": 0,
    "offers": {"coupons": "best", "points": {"use": "max"}, "wallet": {"use": 5000}, "benefits": "auto"}
}))]
pub(crate) struct QuoteBody {
    /// Who buys; nobody known where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<MemberRefBody>,
    /// The channel's name.
    channel: String,
    /// The shop of the channel; for `pos` the store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shop: Option<String>,
    /// The cashier or guide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    staff: Option<String>,
    /// The code or place that led here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    touchpoint: Option<String>,
    /// When it is priced; now where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// The products.
    lines: Vec<CartLineBody>,
    /// What delivery costs, in fen.
    #[serde(default)]
    #[schema(value_type = i64)]
    shipping: Amount,
    /// What is to be used.
    #[serde(default)]
    offers: OffersBody,
}

impl QuoteBody {
    /// The cart as the rules know it, and when it is to be priced.
    fn request(self) -> Result<(CheckoutRequest, Option<Timestamp>), Problem> {
        let mut refusals = Refusals::default();
        refusals.text("/channel", &self.channel, 64);
        let optional =
            [("/shop", &self.shop), ("/staff", &self.staff), ("/touchpoint", &self.touchpoint)];
        for (pointer, text) in optional {
            if let Some(text) = text {
                refusals.text(pointer, text, 64);
            }
        }
        let mut lines = Vec::with_capacity(self.lines.len().min(1_000));
        for (place, line) in self.lines.into_iter().enumerate() {
            refusals.text(&format!("/lines/{place}/line_no"), &line.line_no, 64);
            refusals.text(&format!("/lines/{place}/sku"), &line.sku, 128);
            if let Some(category) = &line.category {
                refusals.text(&format!("/lines/{place}/category"), category, 256);
            }
            let unit_price =
                refusals.amount(&format!("/lines/{place}/unit_price"), line.unit_price);
            lines.push(CartLine {
                line_no: line.line_no,
                sku: line.sku,
                category: line.category,
                quantity: line.quantity.0,
                unit_price: Money(unit_price),
                discountable: line.discountable,
            });
        }
        let shipping = refusals.amount("/shipping", self.shipping);
        let asked = self.offers.asked(&mut refusals);
        refusals.into_result()?;
        let cart = Cart {
            at: self.at.unwrap_or(Timestamp(0)),
            channel: self.channel,
            shop: self.shop,
            staff: self.staff,
            touchpoint: self.touchpoint,
            lines,
            shipping: Cart::one_delivery(Money(shipping)),
        };
        let member = self.member.map(|member| member.id);
        Ok((CheckoutRequest { member, cart, asked }, self.at))
    }
}

/// What an offer takes off.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AdjustmentBody {
    /// `promotion` or `coupon`.
    source: &'static str,
    /// The promotion's name, or the coupon's code.
    id: String,
    /// In fen, positive.
    amount: i64,
}

impl From<Adjustment> for AdjustmentBody {
    fn from(adjustment: Adjustment) -> Self {
        let OfferBody { kind, id } = adjustment.offer.into();
        Self { source: kind, id: id.unwrap_or_default(), amount: adjustment.amount.0 }
    }
}

/// Something that may make a cart cheaper or pay for it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfferBody {
    /// `promotion`, `coupon`, `points` or `wallet`.
    kind: &'static str,
    /// The promotion's name, or the coupon's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

impl From<Offer> for OfferBody {
    fn from(offer: Offer) -> Self {
        match offer {
            Offer::Promotion(id) => Self { kind: "promotion", id: Some(id.to_string()) },
            Offer::Coupon(code) => Self { kind: "coupon", id: Some(code) },
            Offer::Points => Self { kind: "points", id: None },
            Offer::Wallet => Self { kind: "wallet", id: None },
        }
    }
}

/// A priced line.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuotedLineBody {
    line_no: String,
    /// The list price of its pieces, in fen.
    gross: i64,
    /// In the order in which they apply.
    adjustments: Vec<AdjustmentBody>,
    /// What is left for points, wallet and money to pay, in fen.
    net: i64,
}

impl From<QuotedLine> for QuotedLineBody {
    fn from(line: QuotedLine) -> Self {
        Self {
            line_no: line.line_no,
            gross: line.gross.0,
            adjustments: line.adjustments.into_iter().map(Into::into).collect(),
            net: line.net.0,
        }
    }
}

/// A priced delivery.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuotedShippingBody {
    id: String,
    /// Its list price, in fen.
    gross: i64,
    adjustments: Vec<AdjustmentBody>,
    /// What is left to pay, in fen.
    net: i64,
}

impl From<QuotedShipping> for QuotedShippingBody {
    fn from(delivery: QuotedShipping) -> Self {
        Self {
            id: delivery.id,
            gross: delivery.gross.0,
            adjustments: delivery.adjustments.into_iter().map(Into::into).collect(),
            net: delivery.net.0,
        }
    }
}

/// Points that pay.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PointsTenderBody {
    /// How many.
    used: i64,
    /// What they pay, in fen.
    money: i64,
}

/// A coupon that is used.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CouponTenderBody {
    code: String,
    /// What it takes off, in fen.
    amount: i64,
    /// How often it is used; more than once only a times card.
    times: i64,
}

/// Stored value, by its parts.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct WalletPartsBody {
    /// Of what was paid in, in fen.
    pub(crate) principal: i64,
    /// Of what was given on top, in fen.
    pub(crate) bonus: i64,
}

/// What pays besides money.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TendersBody {
    points: PointsTenderBody,
    coupons: Vec<CouponTenderBody>,
    wallet: WalletPartsBody,
}

impl From<Tenders> for TendersBody {
    fn from(tenders: Tenders) -> Self {
        let coupons = tenders.coupons.into_iter().map(|used| CouponTenderBody {
            code: used.code,
            amount: used.amount.0,
            times: used.times,
        });
        Self {
            points: PointsTenderBody { used: tenders.points.used.0, money: tenders.points.money.0 },
            coupons: coupons.collect(),
            wallet: WalletPartsBody {
                principal: tenders.wallet.principal.0,
                bonus: tenders.wallet.bonus.0,
            },
        }
    }
}

/// What a line would earn.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LineEarnsBody {
    line_no: String,
    points: i64,
    growth: i64,
}

/// What the order would earn if it were paid at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EarnsBody {
    points: i64,
    /// When the points can be spent; null at once, or from a time after the order's completion.
    #[schema(required, value_type = Option<String>, format = DateTime)]
    pending_until: Option<Timestamp>,
    growth: i64,
    by_line: Vec<LineEarnsBody>,
}

impl From<Earns> for EarnsBody {
    fn from(earns: Earns) -> Self {
        let by_line = earns.by_line.into_iter().map(|line| LineEarnsBody {
            line_no: line.line_no,
            points: line.points.0,
            growth: line.growth.0,
        });
        Self {
            points: earns.points.0,
            pending_until: earns.pending_until,
            growth: earns.growth.0,
            by_line: by_line.collect(),
        }
    }
}

/// What a shopper or cashier can do about it.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(crate) struct FixBody {
    /// `add_spend`, `add_pieces`, `use_points`, `use_wallet` or `without`.
    r#do: &'static str,
    /// In fen.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pieces: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    points: Option<i64>,
    /// The offer in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferBody>,
}

impl From<Fix> for FixBody {
    fn from(fix: Fix) -> Self {
        match fix {
            Fix::AddSpend { amount } => {
                Self { r#do: "add_spend", amount: Some(amount.0), ..Self::default() }
            }
            Fix::AddPieces { pieces } => {
                Self { r#do: "add_pieces", pieces: Some(pieces), ..Self::default() }
            }
            Fix::UsePoints { points } => {
                Self { r#do: "use_points", points: Some(points.0), ..Self::default() }
            }
            Fix::UseWallet { amount } => {
                Self { r#do: "use_wallet", amount: Some(amount.0), ..Self::default() }
            }
            Fix::Without { offer } => {
                Self { r#do: "without", offer: Some(offer.into()), ..Self::default() }
            }
        }
    }
}

/// An offer that is not used, or not as far as asked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnavailableBody {
    offer: OfferBody,
    /// Why; a stable word such as `coupon.spend`.
    code: &'static str,
    /// What would change it, where something would.
    #[schema(required)]
    fix: Option<FixBody>,
}

impl From<Unavailable> for UnavailableBody {
    fn from(one: Unavailable) -> Self {
        Self { offer: one.offer.into(), code: one.why.code(), fix: one.fix.map(Into::into) }
    }
}

/// An offer that is nearly reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NearlyBody {
    offer: OfferBody,
    /// What it is called, by language.
    #[schema(value_type = Object)]
    name: Value,
    /// What is missing.
    add: FixBody,
    /// What it would then take off beyond what it takes off now, in fen.
    saves: i64,
}

impl From<Nearly> for NearlyBody {
    fn from(one: Nearly) -> Self {
        Self {
            offer: one.offer.into(),
            name: serde_json::to_value(&one.name).unwrap_or_default(),
            add: one.add.into(),
            saves: one.saves.0,
        }
    }
}

/// What could be asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OptionsBody {
    /// The most points that can be used; a multiple of the step.
    points_max: i64,
    points_step: i64,
    /// The fewest points that can be used.
    points_min: i64,
    /// The most of the wallet that can be used beside the points, in fen.
    wallet_max: i64,
}

/// A product to add free of charge.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GiftBody {
    offer: OfferBody,
    sku: String,
    quantity: i64,
}

impl From<Gift> for GiftBody {
    fn from(gift: Gift) -> Self {
        Self { offer: gift.offer.into(), sku: gift.sku, quantity: gift.quantity }
    }
}

/// A priced cart.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuotedBody {
    #[schema(value_type = String)]
    quote_id: QuoteId,
    /// Until when a lock may name it.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
    /// Who buys; the survivor where the named member was merged away.
    #[schema(required, value_type = Option<String>)]
    member_id: Option<MemberId>,
    /// The version of the rules that priced it.
    rules_version: i64,
    lines: Vec<QuotedLineBody>,
    shipping: Vec<QuotedShippingBody>,
    tenders: TendersBody,
    /// What is left to pay in money, in fen.
    to_pay: i64,
    earns: EarnsBody,
    unavailable: Vec<UnavailableBody>,
    nearly: Vec<NearlyBody>,
    options: OptionsBody,
    gifts: Vec<GiftBody>,
}

impl From<QuoteView> for QuotedBody {
    fn from(view: QuoteView) -> Self {
        let quote = view.quote;
        Self {
            quote_id: view.id,
            until: view.until,
            member_id: view.member,
            rules_version: view.rules_version,
            lines: quote.lines.into_iter().map(Into::into).collect(),
            shipping: quote.shipping.into_iter().map(Into::into).collect(),
            tenders: quote.tenders.into(),
            to_pay: quote.to_pay.0,
            earns: view.earns.into(),
            unavailable: quote.unavailable.into_iter().map(Into::into).collect(),
            nearly: quote.nearly.into_iter().map(Into::into).collect(),
            options: OptionsBody {
                points_max: quote.options.points_max.0,
                points_step: quote.options.points_step.0,
                points_min: quote.options.points_min.0,
                wallet_max: quote.options.wallet_max.0,
            },
            gifts: quote.gifts.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a cart costs and earns
///
/// Promotions, coupons, points and wallet by the rules in force. Nothing is held; a lock may name
/// the quote for half an hour.
#[utoipa::path(
    post,
    path = "/api/v1/checkout/quotes",
    tag = "checkout",
    request_body = QuoteBody,
    responses((status = OK, body = QuotedBody)),
    extensions(("x-problem-codes" = json!([
        codes::MEMBER_UNKNOWN.name, codes::CHANNEL_UNKNOWN.name, codes::SHOP_HIDDEN.name,
        codes::LINES_TOO_MANY.name, codes::LINES_REPEATED.name, codes::AMOUNT_OUT_OF_RANGE.name,
        codes::TEXT_EMPTY.name, codes::TEXT_TOO_LONG.name, codes::TEXT_CONTROL_CHARACTER.name,
        codes::CART_TOO_LARGE.name, codes::INPUT_REFUSED.name
    ])))
)]
pub(crate) async fn quote(
    allowed: Allowed<needs::Checkout>,
    Input(body): Input<QuoteBody>,
) -> Result<Json<QuotedBody>, Problem> {
    let (request, at) = body.request()?;
    let view =
        allowed.run(async move |hui, actor| quote_checkout(hui, actor, request, at).await).await?;
    Ok(Json(view.into()))
}
