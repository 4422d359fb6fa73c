-- What the planner should believe about sizes before anything is measured: one
-- program with a million rows a table. Left alone it believes that a program has
-- ten rows, and walks through all of them instead of using an index.
analyze;
delete from sqlite_stat1;
insert into sqlite_stat1 (tbl, idx, stat)
select
    t.name,
    case when l.origin = 'pk' then t.name else l.name end,
    '1000000 ' || (
        select group_concat(
            case
                when i.name = 'program_id' and i.seqno = 0 then '1000000'
                when l."unique" and i.seqno = (select max(seqno) from pragma_index_info(l.name)) then '1'
                when i.name in ('status', 'state', 'tier', 'kind', 'channel', 'route') then '100000'
                else '10'
            end,
            ' '
        )
        from (select * from pragma_index_info(l.name) order by seqno) as i
    )
from sqlite_schema as t
join pragma_index_list(t.name) as l
where t.type = 'table' and t.name not like 'sqlite_%' and t.name <> 'migrations';
analyze sqlite_schema;
