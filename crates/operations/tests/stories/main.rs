//! What the operations do, told as stories on both databases.

mod orders;
