//! Puts the built web pages into the binary, or a page that says how to build them.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The applications that a page says are missing.
const APPLICATIONS: [&str; 1] = ["console"];

const MISSING: &str = r#"<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>会 · 惠 · 汇</title></head>
<body>
<h1>网页尚未构建</h1>
<p>请运行 <code>make web</code>，然后重新构建程序。接口已可使用：<a href="/api/docs">/api/docs</a></p>
<p>The web pages are not built yet: run <code>make web</code> and build again. The API works: <a href="/api/docs">/api/docs</a></p>
</body>
</html>
"#;

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let built = root.join("../../web/dist");
    // Cargo takes a folder that is not there for one that has changed, and would build every time.
    if !built.exists() && root.join("../../web").exists() {
        fs::create_dir(&built)?;
    }
    let watched = if built.exists() { &built } else { &root };
    println!("cargo::rerun-if-changed={}", watched.display());
    if built.join("console/index.html").exists() {
        memory_serve::load_directory(built);
    } else {
        let placeholder = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?).join("web");
        write_placeholder(&placeholder)?;
        memory_serve::load_directory(placeholder);
    }
    Ok(())
}

fn write_placeholder(folder: &Path) -> io::Result<()> {
    for application in APPLICATIONS {
        let page = folder.join(application);
        fs::create_dir_all(&page)?;
        fs::write(page.join("index.html"), MISSING)?;
    }
    Ok(())
}
