//! Squares of numbers as grey pictures, and many pictures on one sheet.

use super::Pixels;

/// Width of the gaps of a [`sheet`], in pixels, and their grey.
const GAP: u32 = 6;
const PAPER: u8 = 255;

/// Values as grey, `range` from black to white; what lies beyond is cut off, and without a range all is mid-grey. A square.
pub fn grey(values: &[f32], [low, high]: [f32; 2], size: usize) -> Pixels {
    let level = |value: f32| if high > low { ((value - low) / (high - low) * 255.0).round() as u8 } else { 128 };
    let rgb = values.iter().flat_map(|&value| [level(value); 3]).collect();
    Pixels { width: size as u32, height: size as u32, rgb }
}

/// Pictures of one size side by side in rows, as near to a square as they go, in reading order.
pub fn sheet(pictures: &[&Pixels]) -> Pixels {
    let (side_x, side_y) = pictures.first().map_or((0, 0), |first| (first.width, first.height));
    let columns = (1..).find(|columns| columns * columns >= pictures.len()).unwrap_or(1);
    let rows = pictures.len().div_ceil(columns);
    let width = columns as u32 * (side_x + GAP) + GAP;
    let height = rows as u32 * (side_y + GAP) + GAP;
    let mut rgb = vec![PAPER; (width * height * 3) as usize];
    for (index, picture) in pictures.iter().enumerate() {
        let left = GAP + (index % columns) as u32 * (side_x + GAP);
        let top = GAP + (index / columns) as u32 * (side_y + GAP);
        for (y, row) in (top..).zip(picture.rgb.chunks_exact(picture.width as usize * 3)) {
            let at = (y * width + left) as usize * 3;
            rgb[at..at + row.len()].copy_from_slice(row);
        }
    }
    Pixels { width, height, rgb }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grey_spans_black_to_white() {
        let levels = |range| grey(&[-9.0, -1.0, 0.0, 1.0], range, 2).rgb.into_iter().step_by(3).collect::<Vec<_>>();
        assert_eq!(levels([-1.0, 1.0]), [0, 0, 128, 255]);
        assert_eq!(levels([1.0, 1.0]), [128; 4]);
    }

    #[test]
    fn a_sheet_reads_row_by_row() {
        let tile = |value| Pixels { width: 2, height: 2, rgb: vec![value; 12] };
        let tiles = [tile(10), tile(20), tile(30)];
        let sheet = sheet(&tiles.iter().collect::<Vec<_>>());
        assert_eq!((sheet.width, sheet.height), (2 * 2 + 3 * GAP, 2 * 2 + 3 * GAP));
        let at = |x: u32, y: u32| sheet.rgb[((y * sheet.width + x) * 3) as usize];
        assert_eq!([at(0, 0), at(GAP, GAP), at(2 * GAP + 2, GAP), at(GAP, 2 * GAP + 2)], [PAPER, 10, 20, 30]);
        assert_eq!(at(2 * GAP + 2, 2 * GAP + 2), PAPER, "the last place is empty");
    }
}
