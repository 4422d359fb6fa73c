//! Both databases have the same tables, keys and indexes.

use hui_store::Store;

use crate::databases::Database;

const SQLITE_COLUMNS: &str = "select m.name || '.' || c.name || ' ' || lower(c.type)
            || case when c.\"notnull\" = 1 or c.pk > 0 then ' not null' else '' end
        from sqlite_master m join pragma_table_info(m.name) c
        where m.type = 'table' and m.name not like 'sqlite\\_%' escape '\\'";

const POSTGRES_COLUMNS: &str = "select table_name::text || '.' || column_name::text || ' '
            || data_type::text || case when is_nullable = 'NO' then ' not null' else '' end
        from information_schema.columns where table_schema = current_schema()";

const SQLITE_INDEXES: &str = "select m.name || ' ('
            || (select group_concat(name, ', ')
                from (select name from pragma_index_info(i.name) order by seqno))
            || ')' || case when i.origin = 'c' then ' ' || i.name else '' end
            || case when i.\"unique\" = 1 then ' unique' else '' end
            || case when i.partial = 1 then ' partial' else '' end
        from sqlite_master m join pragma_index_list(m.name) i where m.type = 'table'";

const POSTGRES_INDEXES: &str = "select t.relname::text || ' ('
            || (select string_agg(pg_get_indexdef(x.indexrelid, k, true), ', ' order by k)
                from generate_series(1, x.indnkeyatts::int) k)
            || ')' || case when x.indisprimary then '' else ' ' || c.relname::text end
            || case when x.indisunique then ' unique' else '' end
            || case when x.indpred is not null then ' partial' else '' end
        from pg_index x
        join pg_class c on c.oid = x.indexrelid
        join pg_class t on t.oid = x.indrelid
        join pg_namespace n on n.oid = t.relnamespace
        where n.nspname = current_schema()";

async fn lines(store: &Store, sql: &str) -> Vec<String> {
    let mut tx = store.snapshot().await.unwrap();
    let rows = tx.fetch(sql, &[]).await.unwrap();
    let mut lines: Vec<String> = rows.iter().map(|row| row.text(0).unwrap()).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_columns_and_indexes() {
    let (sqlite, postgres) = (Database::sqlite().await, Database::postgres().await);

    let columns = lines(&sqlite.store, SQLITE_COLUMNS).await;
    let postgres_columns: Vec<String> = lines(&postgres.store, POSTGRES_COLUMNS).await;
    let indexes = lines(&sqlite.store, SQLITE_INDEXES).await;
    let postgres_indexes = lines(&postgres.store, POSTGRES_INDEXES).await;
    sqlite.remove().await;
    postgres.remove().await;

    // The whole numbers of SQLite have 64 bits, as a bigint does.
    let mut columns: Vec<String> =
        columns.iter().map(|line| line.replace(" integer", " bigint")).collect();
    columns.sort();
    assert!(columns.iter().any(|line| line == "lots.remaining bigint not null"));
    assert_eq!(columns, postgres_columns);
    assert!(indexes.iter().any(|line| line.starts_with("lots ")));
    assert_eq!(indexes, postgres_indexes);
}
