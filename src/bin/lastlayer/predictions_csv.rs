//! Predictions as a table for spreadsheets: the same columns as the page writes.

use std::path::Path;

use lastlayer::error::{Error, Result};
use lastlayer::eval::classifier::Prediction;

use crate::io_error;

/// By this mark spreadsheets know the table as UTF-8; without it Excel takes it for the code page of the system.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Classes listed of each photo, for which a caller has to ask.
pub const CLASSES: usize = 5;

/// One photo.
pub struct Line<'a> {
    pub file: &'a str,
    /// The true class, where that is known.
    pub class: Option<&'a str>,
    /// The best first.
    pub predictions: &'a [Prediction],
    /// Whether it is "none of these".
    pub unknown: bool,
    pub error: Option<&'a str>,
}

/// Writes the table: `file`, `class`, `label_1`, `probability_1` to `label_5`, `probability_5`, `none_of_these`, `error`.
///
/// # Errors
/// `io`.
pub fn write<'a>(path: &Path, lines: impl IntoIterator<Item = Line<'a>>) -> Result<()> {
    let table = table(lines).map_err(Error::internal)?;
    std::fs::write(path, table).map_err(|error| io_error(path, &error))
}

fn table<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> std::result::Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut writer =
        csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(BYTE_ORDER_MARK.as_bytes().to_vec());
    writer.write_record(header())?;
    for line in lines {
        writer.write_record(record(&line))?;
    }
    Ok(writer.into_inner()?)
}

fn header() -> Vec<String> {
    let guesses = (1..=CLASSES).flat_map(|rank| [format!("label_{rank}"), format!("probability_{rank}")]);
    let around = |name: &str| std::iter::once(name.to_owned());
    around("file").chain(around("class")).chain(guesses).chain(around("none_of_these")).chain(around("error")).collect()
}

fn record(line: &Line<'_>) -> Vec<String> {
    let mut cells = vec![text(line.file), text(line.class.unwrap_or_default())];
    for rank in 0..CLASSES {
        match line.predictions.get(rank) {
            Some(Prediction { label, probability, .. }) => cells.extend([text(label), format!("{probability:.6}")]),
            None => cells.extend([String::new(), String::new()]),
        }
    }
    let unknown = if line.error.is_none() { if line.unknown { "yes" } else { "no" } } else { "" };
    cells.extend([unknown.to_owned(), text(line.error.unwrap_or_default())]);
    cells
}

/// A spreadsheet computes cells that begin like this. An apostrophe makes them text.
fn text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_that_spreadsheets_read_and_do_not_compute() {
        let guess = |label: &str, probability| Prediction { label: label.to_owned(), index: 0, probability };
        let guesses = [guess("=SUM(A1)", 0.75), guess("a, \"b\"", 0.25)];
        let line = Line { file: "-1.jpg", class: Some("猫"), predictions: &guesses, unknown: true, error: None };
        let bad = Line { file: "b.txt", class: None, predictions: &[], unknown: false, error: Some("not\nan image") };
        let table = String::from_utf8(table([line, bad]).unwrap()).unwrap();
        assert_eq!(
            table,
            "\u{feff}file,class,label_1,probability_1,label_2,probability_2,label_3,probability_3,label_4,probability_4,label_5,\
             probability_5,none_of_these,error\r\n\
             '-1.jpg,猫,'=SUM(A1),0.750000,\"a, \"\"b\"\"\",0.250000,,,,,,,yes,\r\n\
             b.txt,,,,,,,,,,,,,\"not\nan image\"\r\n"
        );
    }
}
