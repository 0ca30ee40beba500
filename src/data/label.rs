//! Names of classes and of files: one form of each, and one order.

use std::cmp::Ordering;

/// Longest name of a class, in characters.
pub const MAX_CHARS: usize = 100;

/// The form in which names of classes are kept and compared. Two ways to write "é" are one name to the reader (macOS writes the
/// longer one into file names), so names are composed (NFC); spaces around a name are no part of it. In the browser the boundary
/// composes whatever comes in: the tables for it would make the module a twentieth larger, and JavaScript has them.
pub fn clean(label: &str) -> String {
    let label = label.trim();
    if label.is_ascii() { label.to_owned() } else { composed(label) }
}

#[cfg(feature = "cli")]
fn composed(label: &str) -> String {
    unicode_normalization::UnicodeNormalization::nfc(label).collect()
}

#[cfg(not(feature = "cli"))]
fn composed(label: &str) -> String {
    label.to_owned()
}

/// A name in its natural order: numbers by their value (2 before 10), letters of ASCII whatever their case, the rest by its
/// code points. Different names are never equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Natural<'a>(pub &'a str);

impl Ord for Natural<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        let (mut left, mut right) = (self.0, other.0);
        loop {
            let (digits_left, digits_right) = (leading_digits(left), leading_digits(right));
            if !digits_left.is_empty() && !digits_right.is_empty() {
                let order = by_value(digits_left, digits_right);
                if order.is_ne() {
                    return order;
                }
                (left, right) = (&left[digits_left.len()..], &right[digits_right.len()..]);
                continue;
            }
            let (mut letters_left, mut letters_right) = (left.chars(), right.chars());
            match (letters_left.next(), letters_right.next()) {
                // 01 and 1, A and a.
                (None, None) => return self.0.cmp(other.0),
                (None, Some(_)) => return Ordering::Less,
                (Some(_), None) => return Ordering::Greater,
                (Some(a), Some(b)) => {
                    let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
                    if order.is_ne() {
                        return order;
                    }
                }
            }
            (left, right) = (letters_left.as_str(), letters_right.as_str());
        }
    }
}

impl PartialOrd for Natural<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn leading_digits(text: &str) -> &str {
    let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    &text[..end]
}

/// Of numbers of any length.
fn by_value(left: &str, right: &str) -> Ordering {
    let (left, right) = (left.trim_start_matches('0'), right.trim_start_matches('0'));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_their_value_and_case_does_not() {
        let mut names =
            ["b", "10", "IMG_10.jpg", "img_9.jpg", "2", "A", "img_9b.jpg", "1", "é", "a2b", "a10b", "a", ""];
        names.sort_by_key(|name| Natural(name));
        let expected = ["", "1", "2", "10", "A", "a", "a2b", "a10b", "b", "img_9.jpg", "img_9b.jpg", "IMG_10.jpg", "é"];
        assert_eq!(names, expected);
    }

    #[test]
    fn numbers_of_any_length_have_an_order_and_no_two_names_are_equal() {
        let (small, large) = ("x9999999999999999999999999", "x10000000000000000000000000");
        assert_eq!(Natural(small).cmp(&Natural(large)), Ordering::Less);
        for (left, right) in [("01", "1"), ("A", "a"), ("a01b", "a1b")] {
            assert_eq!(Natural(left).cmp(&Natural(right)), left.cmp(right));
            assert_eq!(Natural(right).cmp(&Natural(left)), right.cmp(left));
        }
    }

    #[test]
    fn two_ways_to_write_an_accent_are_one_name() {
        assert_eq!(clean(" cafe\u{301} "), "caf\u{e9}");
        assert_eq!(clean("\u{1112}\u{1161}\u{11ab}"), "\u{d55c}", "as macOS writes Korean");
        assert_eq!(clean("\trose\n"), "rose");
    }
}
