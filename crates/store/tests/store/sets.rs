//! Values travel as sets and come back as they were.

use hui_store::{Cell, Column, Set, Store};

use crate::databases::on_both;

const COLUMNS: &[Column] = &[Column::Int("place"), Column::Int("number"), Column::Text("word")];

on_both!(values_come_back_as_they_were, async |store: Store| {
    let words = [
        None,
        Some(""),
        Some("it's \"quoted\" \\ and back\\slashed"),
        Some("line\nbreak\ttab\r\u{1}\u{1f}\u{7f}"),
        Some("会·惠·汇 👪 {set} $1"),
        Some("NULL"),
        Some("{a,b}"),
    ];
    let numbers = [None, Some(0), Some(-1), Some(i64::MAX), Some(i64::MIN), Some(7), Some(8)];
    let mut set = Set::new(COLUMNS);
    for (place, (word, number)) in words.iter().zip(numbers).enumerate() {
        set.push(&[i64::try_from(place).unwrap().into(), number.into(), Cell::Text(*word)]);
    }

    let mut tx = store.snapshot().await.unwrap();
    let sql = "select s.number, s.word from {set} order by s.place";
    let rows = tx.fetch_set(sql, &[], set).await.unwrap();

    assert_eq!(rows.len(), words.len());
    for (row, (word, number)) in rows.iter().zip(words.iter().zip(numbers)) {
        assert_eq!(row.opt_int(0).unwrap(), number);
        assert_eq!(row.opt_text(1).unwrap().as_deref(), *word);
    }
});

on_both!(plain_parameters_stand_before_the_set, async |store: Store| {
    let mut set = Set::new(COLUMNS);
    set.push(&[1.into(), 10.into(), "a".into()]);
    set.push(&[2.into(), 20.into(), "b".into()]);

    let mut tx = store.snapshot().await.unwrap();
    let sql = "select $2, s.number + $1 from {set} where s.word = $2";
    let rows = tx.fetch_set(sql, &[5.into(), "b".into()], set).await.unwrap();

    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].text(0).unwrap(), rows[0].int(1).unwrap()), ("b".to_owned(), 25));
});

on_both!(an_empty_set_asks_nothing, async |store: Store| {
    let mut tx = store.snapshot().await.unwrap();

    let rows = tx.fetch_set("this is no statement", &[], Set::new(COLUMNS)).await.unwrap();

    assert!(rows.is_empty());
});
