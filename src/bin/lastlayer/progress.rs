//! Progress bars, none with `--json`.

use indicatif::{ProgressBar, ProgressStyle};

pub fn bar(json: bool, length: usize, message: &'static str) -> ProgressBar {
    if json {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_message(message);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
        bar.set_style(style);
    }
    bar
}
