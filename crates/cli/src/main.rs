//! The program `hui`.

#[expect(dead_code, reason = "the command `demo` loads the sample")]
mod sample;

fn main() {}
