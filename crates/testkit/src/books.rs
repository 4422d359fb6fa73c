//! What every story must leave behind: books that add up.

use hui_loyalty::ids::MemberId;
use hui_loyalty::ledger::auditing::check;
use hui_store::ledger::{self, Lots};
use hui_store::{checkouts, coupons, mall, wallet};

use crate::worlds::TestWorld;

impl TestWorld {
    /// Compares the account of every member, merged-away ones too, with all of their entries.
    ///
    /// # Panics
    ///
    /// When they differ; the message names every difference.
    pub async fn check_books(&self) {
        let mut tx = self.operations.store.snapshot().await.expect("a snapshot");
        let rows = tx
            .fetch(
                "select member_id from members where program_id = $1 order by member_id",
                &[self.program.0.into()],
            )
            .await
            .expect("the members");
        let members: Vec<MemberId> =
            rows.iter().map(|row| MemberId(row.int(0).expect("a number"))).collect();
        let accounts =
            ledger::load_accounts(&mut tx, self.program, members.iter().copied(), Lots::All)
                .await
                .expect("the accounts");
        let rows =
            ledger::entries_of(&mut tx, self.program, members, None).await.expect("the entries");
        let coupons = coupons::discrepancies(&mut tx, self.program).await.expect("the coupons");
        let locks = checkouts::discrepancies(&mut tx, self.program).await.expect("the locks");
        let mall = mall::discrepancies(&mut tx, self.program).await.expect("the mall");
        let wallets = wallet::discrepancies(&mut tx, self.program).await.expect("the wallets");
        tx.rollback().await.expect("the end of the snapshot");
        assert!(locks.is_empty(), "the locks do not add up:\n{}", locks.join("\n"));
        assert!(wallets.is_empty(), "the wallets do not add up:\n{}", wallets.join("\n"));
        assert!(mall.is_empty(), "the mall does not add up:\n{}", mall.join("\n"));
        assert!(coupons.is_empty(), "the coupons do not add up:\n{}", coupons.join("\n"));

        let entries: Vec<_> = rows.into_iter().map(|row| row.entry).collect();
        let found: Vec<String> = accounts
            .values()
            .flat_map(|account| check(account, &entries))
            .map(|discrepancy| discrepancy.to_string())
            .collect();
        assert!(found.is_empty(), "the books do not add up:\n{}", found.join("\n"));
    }
}
