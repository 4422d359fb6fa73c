//! The Complete Journey as it lies in `samples/complete-journey/`, in our units and our year.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, ensure};
use jiff::civil::{Date, date};

use super::columns::{each_group, integers, open, texts};

/// One US cent of the data becomes five fen: a dollar is five yuan.
const FEN_PER_CENT: i64 = 5;

pub(super) const SECOND: i64 = 1_000_000;
pub(super) const HOUR: i64 = 3_600 * SECOND;
pub(super) const DAY: i64 = 24 * HOUR;

/// The data's clock is UTC; its shops are five hours behind. Their day begins there.
const SHOPS_BEHIND_UTC: i64 = 5 * HOUR;
/// The sample's brand lives eight hours ahead.
const SHANGHAI_AHEAD_OF_UTC: i64 = 8 * HOUR;
/// The last day of the data, by the shops' clock.
const LAST_DAY: Date = date(2017, 12, 31);
/// The data end so many days before today.
const ENDS_DAYS_AGO: i64 = 2;

/// Baskets in the order of their time, and their lines.
#[derive(Debug, Default)]
pub(super) struct Journey {
    pub(super) baskets: Vec<Basket>,
    pub(super) lines: Vec<Line>,
    pub(super) categories: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Basket {
    pub(super) number: u64,
    pub(super) household: u64,
    pub(super) store: u64,
    /// Microseconds since the epoch, in the sample's year.
    pub(super) at: i64,
    pub(super) lines: Range<usize>,
}

#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) product: i64,
    /// Index into [`Journey::categories`].
    pub(super) category: usize,
    pub(super) quantity: i64,
    /// Fen for one piece before discounts, rounded up.
    pub(super) unit_price: i64,
    /// Fen for the whole line after discounts.
    pub(super) paid: i64,
}

/// A product of the sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Product {
    pub(crate) sku: String,
    pub(crate) name: String,
    pub(crate) brand: String,
    /// `department/category`, as slugs.
    pub(crate) category: String,
}

/// Reads the year, moved so that it ends two days before `today`.
///
/// Left out: fuel (its quantities are volumes), coupons and supplies that the tills booked as
/// goods, lines without a quantity, and baskets that come to nothing.
pub(super) fn read(folder: &Path, today: Date) -> anyhow::Result<Journey> {
    let mut journey = Journey::default();
    let category_of = categories(folder, &mut journey)?;
    let unlisted = journey.categories.len();
    journey.categories.push("unlisted".to_owned());
    let moved_by = move_by(today);

    let path = folder.join("transactions.parquet");
    each_group(&open(&path)?, |group| {
        let baskets = integers(group, "basket_id")?;
        let households = integers(group, "household_id")?;
        let stores = integers(group, "store_id")?;
        let times = integers(group, "transaction_timestamp")?;
        let products = integers(group, "product_id")?;
        let quantities = integers(group, "quantity")?;
        let paid = integers(group, "sales_cents")?;
        let discounts = integers(group, "retail_disc_cents")?;
        let matches = integers(group, "coupon_match_disc_cents")?;

        for row in 0..baskets.len() {
            let Some(category) = category_of.get(&products[row]).copied().unwrap_or(Some(unlisted))
            else {
                continue;
            };
            if quantities[row] <= 0 || paid[row] < 0 {
                continue;
            }
            let gross = paid[row] + discounts[row] + matches[row];
            journey.push(
                &Basket {
                    number: u64::try_from(baskets[row])?,
                    household: u64::try_from(households[row])?,
                    store: u64::try_from(stores[row])?,
                    at: times[row] + moved_by,
                    lines: 0..0,
                },
                Line {
                    product: products[row],
                    category,
                    quantity: quantities[row],
                    unit_price: (gross * FEN_PER_CENT + quantities[row] - 1) / quantities[row],
                    paid: paid[row] * FEN_PER_CENT,
                },
            );
        }
        Ok(())
    })
    .with_context(|| format!("cannot read {}", path.display()))?;

    journey.drop_free_baskets();
    ensure!(
        journey.baskets.is_sorted_by_key(|basket| basket.at),
        "{} is not in the order of time",
        path.display()
    );
    Ok(journey)
}

/// Every product of the sample.
pub(super) fn products(folder: &Path) -> anyhow::Result<Vec<Product>> {
    let path = folder.join("products.parquet");
    let mut products = Vec::new();
    each_group(&open(&path)?, |group| {
        let skus = integers(group, "product_id")?;
        let departments = texts(group, "department")?;
        let categories = texts(group, "product_category")?;
        let kinds = texts(group, "product_type")?;
        let sizes = texts(group, "package_size")?;
        let brands = texts(group, "brand")?;
        for row in 0..skus.len() {
            let department = departments[row].as_deref().unwrap_or_default();
            let kind = kinds[row].as_deref().or(categories[row].as_deref()).unwrap_or(department);
            let name = match &sizes[row] {
                Some(size) => format!("{kind} {size}"),
                None => kind.to_owned(),
            };
            products.push(Product {
                sku: skus[row].to_string(),
                name,
                brand: brands[row].clone().unwrap_or_default(),
                category: category_path(department, categories[row].as_deref()),
            });
        }
        Ok(())
    })
    .with_context(|| format!("cannot read {}", path.display()))?;
    Ok(products)
}

/// The category of each product as an index into the journey's; `None` for what is not goods.
fn categories(folder: &Path, journey: &mut Journey) -> anyhow::Result<HashMap<i64, Option<usize>>> {
    let mut indexes: HashMap<String, usize> = HashMap::new();
    let mut category_of = HashMap::new();
    for product in products(folder)? {
        let goods = is_goods(&product.category).then(|| {
            *indexes.entry(product.category).or_insert_with_key(|category| {
                journey.categories.push(category.clone());
                journey.categories.len() - 1
            })
        });
        category_of.insert(product.sku.parse()?, goods);
    }
    Ok(category_of)
}

fn category_path(department: &str, category: Option<&str>) -> String {
    match category {
        Some(category) => format!("{}/{}", slug(department), slug(category)),
        None => slug(department),
    }
}

/// `BAKED BREAD/BUNS/ROLLS` becomes `baked-bread-buns-rolls`.
fn slug(text: &str) -> String {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

/// Fuel, coupons and the chain's own supplies are not.
fn is_goods(category: &str) -> bool {
    let (department, name) = category.split_once('/').unwrap_or((category, ""));
    !["fuel", "coupon", "cntrl-store-sup"].contains(&department)
        && !name.starts_with("coupon")
        && name != "fuel"
}

/// Microseconds to add to the data's clock to get the sample's, in UTC.
fn move_by(today: Date) -> i64 {
    let days = i64::from(today.since(LAST_DAY).map_or(0, |span| span.get_days())) - ENDS_DAYS_AGO;
    days * DAY - SHOPS_BEHIND_UTC - SHANGHAI_AHEAD_OF_UTC
}

impl Journey {
    pub(super) fn lines_of(&self, basket: &Basket) -> &[Line] {
        &self.lines[basket.lines.clone()]
    }

    /// The households that bought anything, in order.
    pub(super) fn households(&self) -> BTreeSet<u64> {
        self.baskets.iter().map(|basket| basket.household).collect()
    }

    /// Keeps the baskets of these households only.
    pub(super) fn keep(&mut self, households: &BTreeSet<u64>) {
        self.retain(|basket, _| households.contains(&basket.household));
    }

    fn drop_free_baskets(&mut self) {
        self.retain(|_, lines| lines.iter().any(|line| line.paid > 0));
    }

    fn retain(&mut self, wanted: impl Fn(&Basket, &[Line]) -> bool) {
        let all = std::mem::take(self);
        self.categories = all.categories;
        for basket in all.baskets {
            let lines = &all.lines[basket.lines.clone()];
            if wanted(&basket, lines) {
                let first = self.lines.len();
                self.lines.extend_from_slice(lines);
                self.baskets.push(Basket { lines: first..self.lines.len(), ..basket });
            }
        }
    }

    /// Adds a line to its basket. The lines of a basket come one after another.
    pub(super) fn push(&mut self, basket: &Basket, line: Line) {
        let end = self.lines.len();
        match self.baskets.last_mut() {
            Some(last) if last.number == basket.number => last.lines.end = end + 1,
            _ => self.baskets.push(Basket { lines: end..end + 1, ..basket.clone() }),
        }
        self.lines.push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_becomes_the_day_before_yesterday() {
        let at = jiff::Timestamp::from_microsecond(
            // 2018-01-01 04:01:20 UTC, the data's last basket: 23:01:20 by the shops' clock.
            1_514_779_280 * SECOND + move_by(date(2026, 5, 20)),
        );

        assert_eq!(at.unwrap().to_string(), "2026-05-18T15:01:20Z");
    }

    #[test]
    fn fuel_and_coupons_are_not_goods() {
        let path = |department, category| category_path(department, Some(category));

        assert!(!is_goods(&path("FUEL", "FUEL")));
        assert!(!is_goods(&path("MISCELLANEOUS", "COUPON/MISC ITEMS")));
        assert!(is_goods(&path("GROCERY", "SOFT DRINKS")));
        assert!(is_goods(&category_path("GARDEN CENTER", None)));
    }

    #[test]
    fn a_category_is_a_path_of_slugs() {
        let path = category_path("DRUG GM", Some("CANDY - CHECKLANE"));

        assert_eq!(path, "drug-gm/candy-checklane");
    }
}
