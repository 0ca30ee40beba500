//! Evidence as colour: orange where it speaks for a class, blue where it speaks against, transparent where it says nothing.

use super::Pixels;

/// Control points of the two arms of the colour map, from no evidence to the strongest, sRGB. Blue and orange differ for every
/// common kind of colour blindness. Within an arm lightness (OKLab's L) climbs in equal steps, from 0.33 to 0.85, so that equal
/// differences of evidence look equal.
const FOR: [[u8; 3]; 4] = [[88, 36, 8], [156, 72, 4], [222, 118, 12], [255, 194, 92]];
const AGAINST: [[u8; 3]; 4] = [[14, 53, 98], [26, 101, 174], [70, 156, 230], [164, 212, 253]];
/// Opacity of the strongest evidence: what lies under it stays recognisable.
const STRONGEST: f32 = 0.75;

/// RGB and opacity (0 to 1) of evidence of that strength, −1 to 1; what lies beyond is taken as the end.
///
/// Opacity climbs smoothly and is at its height from 0.7 on: weak evidence lets the photo through, and strong is told from
/// stronger by colour alone.
pub fn colour(strength: f32) -> ([f32; 3], f32) {
    let arm = if strength < 0.0 { &AGAINST } else { &FOR };
    let size = strength.abs().min(1.0);
    let place = size * (arm.len() - 1) as f32;
    let from = (place as usize).min(arm.len() - 2);
    let part = place - from as f32;
    let mix = |channel: usize| {
        let (low, high) = (f32::from(arm[from][channel]), f32::from(arm[from + 1][channel]));
        low + (high - low) * part
    };
    ([mix(0), mix(1), mix(2)], STRONGEST * smooth_step(size / 0.7))
}

fn smooth_step(x: f32) -> f32 {
    let x = x.clamp(0.0, 1.0);
    x * x * (3.0 - 2.0 * x)
}

/// A grid of values laid over a square of pixels.
#[derive(Debug, Clone, Copy)]
pub struct Grid<'a> {
    pub width: usize,
    pub height: usize,
    /// Row by row.
    pub values: &'a [f32],
}

impl Grid<'_> {
    /// The largest absolute value: the scale at which nothing is cut off.
    pub fn strongest(self) -> f32 {
        self.values.iter().fold(0.0, |largest, value| largest.max(value.abs()))
    }

    /// Enlarged to `size` × `size` by cubic interpolation (Catmull-Rom) that repeats the border. The centre of a cell of the grid
    /// lands on the centre of its part of the square.
    ///
    /// TensorFlow's padding puts the centres of the last layers' receptive fields half a cell, 16 pixels, further right and down, but
    /// the kernels have learnt to make up for most of it: maps of photos planted on grey have their centre of gravity 2 pixels
    /// right of and below the photo's centre as drawn here (median of 600: forty photos in fifteen places).
    pub fn enlarge(self, size: usize) -> Vec<f32> {
        let across = cubic_weights(self.width, size);
        let down = cubic_weights(self.height, size);
        let rows: Vec<f32> = (self.values.chunks_exact(self.width))
            .flat_map(|row| across.iter().map(|taps| taps.iter().map(|(index, weight)| row[*index] * weight).sum()))
            .collect();
        let column = |taps: &[(usize, f32); 4], x: usize| {
            taps.iter().map(|(index, weight)| rows[index * size + x] * weight).sum::<f32>()
        };
        down.iter().flat_map(|taps| (0..size).map(move |x| column(taps, x))).collect()
    }

    /// The heatmap as a layer to lay over the prepared photo: `size` × `size` RGBA with straight alpha. Values of ±`scale` get
    /// the strongest colours.
    pub fn overlay(self, size: usize, scale: f32) -> Vec<u8> {
        let strengths = self.enlarge(size).into_iter().map(|value| if scale > 0.0 { value / scale } else { 0.0 });
        strengths.flat_map(rgba).collect()
    }
}

fn rgba(strength: f32) -> [u8; 4] {
    let ([red, green, blue], alpha) = colour(strength);
    [red, green, blue, 255.0 * alpha].map(|value| value.round() as u8)
}

/// The colours of an overlay in one row of `width` pixels, RGBA with straight alpha: from the strongest evidence against a class, on
/// the left, to the strongest for it.
pub fn legend(width: usize) -> Vec<u8> {
    let last = width.max(2) - 1;
    (0..width).flat_map(|pixel| rgba(2.0 * pixel as f32 / last as f32 - 1.0)).collect()
}

/// For each of `to` pixels, the four of `from` cells it comes from and their weights.
fn cubic_weights(from: usize, to: usize) -> Vec<[(usize, f32); 4]> {
    let place = |pixel: usize| (pixel as f32 + 0.5) * from as f32 / to as f32 - 0.5;
    (0..to)
        .map(|pixel| {
            let left = place(pixel).floor();
            let t = place(pixel) - left;
            let weights = [
                ((2.0 - t) * t - 1.0) * t / 2.0,
                ((3.0 * t - 5.0) * t * t + 2.0) / 2.0,
                ((4.0 - 3.0 * t) * t + 1.0) * t / 2.0,
                (t - 1.0) * t * t / 2.0,
            ];
            std::array::from_fn(|tap| {
                let index = left as i64 + tap as i64 - 1;
                (index.clamp(0, from as i64 - 1) as usize, weights[tap])
            })
        })
        .collect()
}

/// A heatmap over its photo, the photo in grey so that all colour is evidence. `overlay` as [`Grid::overlay`] makes it.
pub fn over_grey(photo: &Pixels, overlay: &[u8]) -> Pixels {
    let rgb = photo.rgb.chunks_exact(3).zip(overlay.chunks_exact(4)).flat_map(|(photo, heat)| {
        // Rec. 601 luma.
        let grey = 0.299 * f32::from(photo[0]) + 0.587 * f32::from(photo[1]) + 0.114 * f32::from(photo[2]);
        let alpha = f32::from(heat[3]) / 255.0;
        [heat[0], heat[1], heat[2]].map(|heat| (grey * (1.0 - alpha) + f32::from(heat) * alpha).round() as u8)
    });
    Pixels { width: photo.width, height: photo.height, rgb: rgb.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OKLab's L of an sRGB colour (Ottosson 2020).
    fn lightness(colour: [u8; 3]) -> f32 {
        let linear = colour.map(|value| {
            let value = f32::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        let dot = |row: [f32; 3]| row.iter().zip(linear).map(|(a, b)| a * b).sum::<f32>().cbrt();
        0.210_454_26 * dot([0.412_221_46, 0.536_332_55, 0.051_445_995])
            + 0.793_617_8 * dot([0.211_903_5, 0.680_699_5, 0.107_396_96])
            - 0.004_072_047 * dot([0.088_302_46, 0.281_718_85, 0.629_978_7])
    }

    #[test]
    fn lightness_climbs_evenly_and_the_same_in_both_arms() {
        for arm in [FOR, AGAINST] {
            for (step, colour) in arm.into_iter().enumerate() {
                let expected = 0.33 + 0.1733 * step as f32;
                assert!((lightness(colour) - expected).abs() < 0.02, "{colour:?}: {}", lightness(colour));
            }
        }
    }

    #[test]
    fn nothing_is_transparent_and_signs_differ() {
        assert_eq!(colour(0.0).1, 0.0);
        let ((warm, for_alpha), (cold, against_alpha)) = (colour(1.0), colour(-3.0));
        assert_eq!((for_alpha, against_alpha), (STRONGEST, STRONGEST));
        assert!(warm[0] > warm[2] && cold[2] > cold[0]);
    }

    #[test]
    fn enlarging_keeps_constants_centres_and_places() {
        let flat = Grid { width: 3, height: 2, values: &[2.5; 6] };
        assert!(flat.enlarge(9).iter().all(|value| (value - 2.5).abs() < 1e-6));
        let mut values = [0.0; 49];
        values[2 * 7 + 5] = 1.0;
        let large = Grid { width: 7, height: 7, values: &values }.enlarge(7 * 9);
        let (hottest, value) = large.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap();
        assert_eq!((hottest / 63, hottest % 63), (2 * 9 + 4, 5 * 9 + 4), "the middle pixel of the cell");
        assert!((value - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_map_without_evidence_draws_nothing() {
        let grid = Grid { width: 2, height: 2, values: &[0.0; 4] };
        assert!(grid.overlay(8, grid.strongest()).chunks_exact(4).all(|pixel| pixel[3] == 0));
    }

    #[test]
    fn the_legend_has_the_colours_of_an_overlay() {
        let strengths = [-1.0, -0.5, 0.0, 0.5, 1.0];
        let grid = Grid { width: 5, height: 1, values: &strengths };
        let (legend, overlay) = (legend(5), strengths.map(rgba).concat());
        assert_eq!(legend, overlay);
        assert_eq!(grid.overlay(5, 1.0)[..4], legend[..4], "blue against");
        assert_eq!(grid.overlay(5, 1.0)[16..20], legend[16..], "orange for");
    }

    #[test]
    fn the_photo_beneath_is_grey_where_nothing_lies_over_it() {
        let photo = Pixels { width: 2, height: 1, rgb: vec![200, 100, 0, 10, 20, 30] };
        let drawn = over_grey(&photo, &[9, 9, 9, 0, 255, 128, 0, 255]);
        assert_eq!(drawn.rgb, [119, 119, 119, 255, 128, 0]);
    }
}
