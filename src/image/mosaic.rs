//! Planes of numbers as grey pictures, and many pictures on one sheet.

use super::Pixels;

/// Width of the gaps of a [`sheet`], in pixels, and their grey.
const GAP: u32 = 6;
const PAPER: u8 = 255;

/// Values as grey, the smallest black and the largest white; a flat plane is mid-grey. Row by row, `width` to a row.
pub fn grey(values: &[f32], width: usize) -> Pixels {
    let (low, high) = values.iter().fold((f32::MAX, f32::MIN), |(low, high), &value| (low.min(value), high.max(value)));
    let level = |value: f32| if high > low { ((value - low) / (high - low) * 255.0).round() as u8 } else { 128 };
    let height = values.len() / width;
    Pixels {
        width: width as u32,
        height: height as u32,
        rgb: values.iter().flat_map(|&value| [level(value); 3]).collect(),
    }
}

/// Enlarged to `size` × `size` by repeating pixels: how coarse a picture is stays visible.
pub fn enlarge(picture: &Pixels, size: u32) -> Pixels {
    let mut rgb = Vec::with_capacity((size * size * 3) as usize);
    for y in 0..size {
        let row = y * picture.height / size * picture.width;
        for x in 0..size {
            let at = (row + x * picture.width / size) as usize * 3;
            rgb.extend_from_slice(&picture.rgb[at..at + 3]);
        }
    }
    Pixels { width: size, height: size, rgb }
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
        assert_eq!(grey(&[-1.0, 0.0, 1.0], 3).rgb, [0, 0, 0, 128, 128, 128, 255, 255, 255]);
        assert_eq!(grey(&[7.0, 7.0], 1).rgb, [128; 6]);
    }

    #[test]
    fn enlarging_repeats_pixels() {
        let small = Pixels { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6] };
        let large = enlarge(&small, 4);
        assert_eq!(large.rgb[..12], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
        assert_eq!(large.rgb.len(), 48);
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
