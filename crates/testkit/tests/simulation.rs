//! Simulated years, played on both databases and reckoned again from the events alone.

use hui_testkit::world::{any_seed, play, scale};
use hui_testkit::{TestWorld, on_both};

const EVENTS: usize = 250;

on_both!(the_year_of_seed_1_adds_up, async |world: TestWorld| {
    Box::pin(play(&world, 1, EVENTS * scale())).await;
});

on_both!(the_year_of_seed_2_adds_up, async |world: TestWorld| {
    Box::pin(play(&world, 2, EVENTS * scale())).await;
});

on_both!(any_year_adds_up, async |world: TestWorld| {
    Box::pin(play(&world, any_seed(), EVENTS * scale())).await;
});
