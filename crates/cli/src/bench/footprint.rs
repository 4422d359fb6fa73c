//! What the program is like apart from speed: its size, its start, its memory, importing.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};

/// Orders of the two files whose import is measured.
const FILES: [u64; 2] = [50_000, 200_000];
/// Members who bought them.
const BUYERS: u64 = 50_000;
/// How long a started server is left alone before its memory is read.
const REST: Duration = Duration::from_secs(3);

const MAPPING: &str = r#"
[fields]
channel = { value = "pos" }
order_no = "no"
shop = "shop"
status = { value = "completed" }
paid_at = "at"

[lines]
sku = "sku"
quantity = { value = "1" }
paid = "paid"

[[identities]]
kind = "phone"
column = "phone"
verified = true
"#;

/// Measures; answers a sentence for each figure.
pub(super) async fn measure(results: &Path) -> anyhow::Result<Vec<String>> {
    let folder = super::folder_below(results, "footprint")?;
    let measured = tokio::task::spawn_blocking({
        let folder = folder.clone();
        move || all(&folder)
    })
    .await?;
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn all(folder: &Path) -> anyhow::Result<Vec<String>> {
    let size = std::fs::metadata(std::env::current_exe()?)?.len();
    let mut notes = vec![format!("size of the program: {:.1} MB", megabytes(size))];
    let demo = folder.join("demo");
    let (child, took) = start_demo(&demo)?;
    notes.push(format!(
        "first start of `hui demo`, loading the sample: {:.1} s",
        took.as_secs_f64()
    ));
    stop(child)?;
    let (child, took) = start_demo(&demo)?;
    std::thread::sleep(REST);
    let memory = status_kb(child.id(), "VmRSS").unwrap_or_default();
    stop(child)?;
    notes.push(format!(
        "every later start, until it listens: {:.2} s; memory at rest {:.0} MB",
        took.as_secs_f64(),
        megabytes(memory * 1024)
    ));
    for orders in FILES {
        notes.push(import(folder, orders)?);
    }
    Ok(notes)
}

#[expect(clippy::cast_precision_loss, reason = "a size is shown, not counted with")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// This program again, with a data folder of its own; from the same folder, where the sample is.
fn this_program(data: &Path) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .env("HUI_DATA_DIR", data)
        .env("HUI_LOG", "warn")
        .env_remove("HUI_DATABASE_URL")
        .env_remove("HUI_MASTER_KEY_FILE")
        .stdin(Stdio::null());
    Ok(command)
}

fn start_demo(data: &Path) -> anyhow::Result<(Child, Duration)> {
    let began = Instant::now();
    let mut child = this_program(data)?
        .args(["demo", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = child.stdout.take().context("the program has no output")?;
    for line in BufReader::new(output).lines() {
        if line?.contains("http://") {
            return Ok((child, began.elapsed()));
        }
    }
    stop(child)?;
    anyhow::bail!("`hui demo` did not start")
}

fn stop(mut child: Child) -> anyhow::Result<()> {
    child.kill()?;
    child.wait()?;
    Ok(())
}

/// A figure of a process in kilobytes, such as `VmRSS`; none once it has ended.
fn status_kb(pid: u32, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

fn import(folder: &Path, orders: u64) -> anyhow::Result<String> {
    let (file, mapping) = (folder.join("orders.csv"), folder.join("map.toml"));
    std::fs::write(&file, rows(orders))?;
    std::fs::write(&mapping, MAPPING)?;
    let data = folder.join(format!("import{orders}"));
    std::fs::create_dir_all(&data)?;
    ensure!(
        this_program(&data)?.arg("migrate").stdout(Stdio::null()).status()?.success(),
        "the database for the import cannot be made"
    );
    let began = Instant::now();
    let mut child = this_program(&data)?
        .args(["import", "orders"])
        .arg(&file)
        .arg("--mapping")
        .arg(&mapping)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let mut peak = 0;
    let status = loop {
        peak = status_kb(child.id(), "VmHWM").unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    ensure!(status.success(), "the import failed");
    let took = began.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a speed is shown, not counted with")]
    let speed = orders as f64 / took;
    Ok(format!(
        "import of {orders} orders from CSV into SQLite: {speed:.0} orders/s, peak memory {:.0} MB",
        megabytes(peak * 1024)
    ))
}

fn rows(orders: u64) -> String {
    let mut text = "no,at,shop,sku,paid,phone\n".to_owned();
    let mut chance = super::world::Chance::new(1);
    for number in 0..orders {
        let phone = super::world::phone(chance.below(BUYERS));
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "I{number},2026-03-{:02}T{:02}:00:00+08:00,S{:03},A{},{},{phone}",
            1 + chance.below(28),
            chance.below(24),
            chance.below(400),
            chance.below(5_000),
            100 + chance.below(20_000),
        );
    }
    text
}
