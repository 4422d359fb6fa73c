-- PostgreSQL measures its tables itself; the file keeps both folders alike.
select 1;
