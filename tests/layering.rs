//! A module imports only from groups to its left, and inside a group only from names to its left: no cycle, no upward import.

use std::fs;
use std::path::{Path, PathBuf};

/// The order that `src/lib.rs` documents.
const GROUPS: &[&[&str]] = &[
    &["error", "rng", "metrics", "halves"],
    &["image", "nn", "device"],
    &["backbone"],
    &["data", "score", "model"],
    &["train"],
    &["eval", "advise", "export"],
    &["session"],
    &["web"],
];

fn rank(module: &str) -> usize {
    GROUPS.iter().flat_map(|group| group.iter()).position(|name| *name == module).unwrap_or_else(|| {
        panic!("src/ has a module {module:?} that tests/layering.rs does not place: add it to a group there and in src/lib.rs")
    })
}

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            out.push(path);
        }
    }
}

/// Names right after `crate::` in a source text, grouped imports (`crate::{a, b}`) included. Comments are left out.
fn imported(source: &str) -> Vec<String> {
    let code: String = source.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut names = Vec::new();
    for after in code.split("crate::").skip(1) {
        let list = match after.strip_prefix('{') {
            Some(rest) => rest.split('}').next().unwrap_or(""),
            None => after,
        };
        let items = if after.starts_with('{') { list.split(',').collect() } else { vec![list] };
        names.extend(items.into_iter().map(|item| {
            item.trim().chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect::<String>()
        }));
    }
    names
}

#[test]
fn modules_import_only_from_their_left() {
    let source_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source_folder, &mut files);
    let mut violations = Vec::new();
    let mut checked = 0;
    for file in files {
        let relative = file.strip_prefix(&source_folder).unwrap();
        let top = relative.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let module = top.trim_end_matches(".rs");
        if module == "lib" || module == "bin" {
            continue; // lib.rs declares everything; the binaries stand right of everything.
        }
        for name in imported(&fs::read_to_string(&file).unwrap()) {
            checked += 1;
            if name != module && rank(&name) > rank(module) {
                violations.push(format!("{} imports crate::{name}", relative.display()));
            }
        }
    }
    assert!(checked > 50, "the search found only {checked} imports: it no longer sees them");
    assert!(violations.is_empty(), "imports to the right:\n{}", violations.join("\n"));
}

#[test]
fn only_the_boundary_knows_the_browser() {
    let source_folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&source_folder, &mut files);
    for file in files.iter().filter(|file| !file.starts_with(source_folder.join("web"))) {
        let source = fs::read_to_string(file).unwrap();
        for name in ["wasm_bindgen", "web_sys", "js_sys"] {
            assert!(!source.contains(name), "{} mentions {name}; only src/web may", file.display());
        }
    }
}

#[test]
fn the_search_sees_every_form_of_import() {
    let source =
        "use crate::error::Result; // use crate::web::nothing\nuse crate::{rng, nn::pool};\nlet x = crate::model::X;";
    assert_eq!(imported(source), ["error", "rng", "nn", "model"]);
}
