//! The calendar: what is in force when, published or drafted.

use hui_loyalty::calendar::{InForce, Planned, Wanted, of_good, of_rules, of_template, sort};
use hui_loyalty::program::problems::Problem;
use hui_loyalty::program::reading::read;
use hui_loyalty::program::{Document, Program, check};
use hui_loyalty::time::{Day, Span, Timestamp};
use hui_store::coupons::templates;
use hui_store::{Error, Tx, mall, programs, versions};

use crate::actor::Actor;
use crate::context::Operations;
use crate::programs::ProgramError;
use crate::slices::StoreFailed;

/// The most days one calendar spans.
pub const DAYS_MAX: i32 = 100;
/// The most templates, and the most goods, that are looked at: the latest.
const OUTSIDE_MAX: i64 = 2_000;

/// Which days, which rules and which lines.
#[derive(Debug, Clone, Default)]
pub struct CalendarRequest {
    /// The first day; today where left out.
    pub from: Option<Day>,
    /// The last day, included; 30 days after the first where left out.
    pub to: Option<Day>,
    /// Whether the draft takes the place of all that decides from now on.
    pub with_draft: bool,
    /// Only of this channel.
    pub channel: Option<String>,
    /// Only of this shop.
    pub shop: Option<String>,
    /// Only for this product.
    pub sku: Option<String>,
    /// Only for products of this category path.
    pub category: Option<String>,
    /// The most lines.
    pub limit: usize,
}

/// What is in force within some days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The time looked at, whole days of the program's zone.
    pub span: Span,
    /// The versions of the rules and when they decide within it; the draft has no number.
    pub versions: Vec<(Option<i64>, Span)>,
    /// By their first occurrence.
    pub lines: Vec<Planned>,
    /// Whether there are more than the limit.
    pub is_cut: bool,
}

/// Why there is no calendar.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CalendarError {
    /// The days are in the wrong order.
    #[error("the last day is before the first")]
    Order,
    /// There are too many.
    #[error("a calendar spans {DAYS_MAX} days at most")]
    TooLong,
    /// The draft is asked for and is none, or it is not fit to be looked at.
    #[error(transparent)]
    Program(#[from] ProgramError),
}

impl From<Error> for CalendarError {
    fn from(error: Error) -> Self {
        Self::Program(ProgramError::Store(StoreFailed::from(error)))
    }
}

struct Known {
    version: Option<i64>,
    document: Document,
    program: Program,
    span: Span,
}

/// What is in force within some days of the program's zone.
pub async fn read_calendar(
    operations: &Operations,
    actor: &Actor,
    request: &CalendarRequest,
) -> Result<Calendar, CalendarError> {
    let now = operations.clock.now();
    let mut tx = operations.store.snapshot().await?;
    let (_, rules) = operations.rules.load(&mut tx, actor.program).await?.at(now)?;
    let zone = &rules.zone;
    let first = request.from.unwrap_or_else(|| zone.day(now));
    let last = request.to.unwrap_or_else(|| first.plus(30));
    if last < first {
        return Err(CalendarError::Order);
    }
    if last.days_since(first) >= DAYS_MAX {
        return Err(CalendarError::TooLong);
    }
    let span = Span { from: zone.day_start(first), until: zone.day_start(last.plus(1)) };
    let known = deciding(&mut tx, actor, request, span, now).await?;
    let made_of = templates::list(&mut tx, actor.program, None, OUTSIDE_MAX).await?;
    let goods = mall::list_goods(&mut tx, actor.program, Some(true), None, OUTSIDE_MAX).await?;
    tx.rollback().await?;

    let wanted = Wanted {
        channel: request.channel.as_deref(),
        shop: request.shop.as_deref(),
        sku: request.sku.as_deref(),
        category: request.category.as_deref(),
    };
    let in_force: Vec<InForce<'_>> = known
        .iter()
        .map(|one| InForce {
            version: one.version.unwrap_or(0),
            document: &one.document,
            program: &one.program,
            span: one.span,
        })
        .collect();
    let mut lines = of_rules(&in_force, wanted);
    for row in made_of.iter().filter(|row| !row.paused) {
        lines.extend(of_template(row.id, &row.template, zone, span, wanted));
    }
    lines.extend(goods.iter().filter_map(|row| of_good(row.id, &row.good, span, wanted)));
    sort(&mut lines);
    let is_cut = lines.len() > request.limit;
    lines.truncate(request.limit);
    let versions = known.iter().map(|one| (one.version, one.span)).collect();
    Ok(Calendar { span, versions, lines, is_cut })
}

/// The rules that decide within a time, one after another.
async fn deciding(
    tx: &mut Tx,
    actor: &Actor,
    request: &CalendarRequest,
    span: Span,
    now: Timestamp,
) -> Result<Vec<Known>, CalendarError> {
    let mut list = versions::list(tx, actor.program).await?;
    list.sort_by_key(|(version, effective_at)| (*effective_at, *version));
    let draft = if request.with_draft {
        Some(programs::load_draft(tx, actor.program).await?.ok_or(ProgramError::NoDraft)?)
    } else {
        None
    };
    let draft_from = draft.as_ref().map_or(Timestamp::MAX, |_| now);
    let mut known = Vec::new();
    for (place, (version, effective_at)) in list.iter().enumerate() {
        // Before the first version the first decides.
        let from = if place == 0 { Timestamp(0) } else { *effective_at };
        let until = list.get(place + 1).map_or(Timestamp::MAX, |(_, next)| *next);
        let own = Span { from, until: until.min(draft_from) };
        let Some(span) = own.common(span) else { continue };
        let text = versions::document(tx, actor.program, *version)
            .await?
            .ok_or_else(|| Error::unreadable("program version", version))?;
        let (document, program) =
            compile(&text)?.map_err(|_| Error::unreadable("program version", version))?;
        known.push(Known { version: Some(*version), document, program, span });
    }
    if let Some(draft) = draft
        && let Some(span) = Span::between(Some(draft_from), None).common(span)
    {
        let (document, program) = compile(&draft.document)?.map_err(ProgramError::Problems)?;
        known.push(Known { version: None, document, program, span });
    }
    Ok(known)
}

type Compiled = Result<(Document, Program), Vec<Problem>>;

fn compile(text: &str) -> Result<Compiled, Error> {
    let value = serde_json::from_str(text).map_err(|error| Error::unreadable("program", error))?;
    let compiled = read(value).and_then(|document| {
        let program = check(&document)?;
        Ok((document, program))
    });
    Ok(compiled)
}
