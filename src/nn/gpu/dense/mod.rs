//! Convolutions of every window without groups, as products of matrices one of which is never written out: the values that the windows
//! of the pixels cover. They are gathered, tile by tile, where a workgroup shares them. Written out, they would be nine times the picture
//! for a 3 × 3.
//!
//! # Shapes
//! - x, y and their gradients: `[batch, height, width, channels]`
//! - filters: `[kernel · kernel, inputs, outputs]`
//!
//! # Products
//!
//! | | rows | terms | columns |
//! |---|---|---|---|
//! | outputs | output pixels | taps · inputs | outputs |
//! | gradient of x | input pixels | taps · outputs | inputs |
//! | gradient of the filters | taps · inputs | output pixels | outputs |

mod kernels;
mod of_inputs;
mod tiles;

use burn_cubecl::tensor::CubeTensor;

use super::filters::Filters;
use super::geometry::Geometry;
use super::kernel::Kernel;
use super::{LANES, UNITS, argument, joined, one_each, parts, unwritten};
use crate::nn::spec::Activation;

/// Rows and columns of the smaller tiles. Larger ones have twice as many and load half as much for a product.
const TILE: usize = 32;
/// Where that leaves fewer workgroups, tiles are small: a graphics card is to have something for each of its cores.
const ENOUGH_TILES: usize = 128;

#[derive(Debug)]
pub struct Dense;

/// How a product is divided into tiles.
struct Tiling {
    /// 1 or 2 times [`TILE`].
    wide: usize,
    tiles: usize,
}

impl Tiling {
    fn of(wide: usize, rows: usize, columns: usize) -> Self {
        Self { wide, tiles: rows.div_ceil(TILE * wide) * columns.div_ceil(TILE * wide) }
    }

    /// For sums that are not divided.
    fn whole(rows: usize, columns: usize) -> Self {
        let large = Self::of(2, rows, columns);
        let suits = columns > TILE && large.tiles >= ENOUGH_TILES;
        if suits { large } else { Self::of(1, rows, columns) }
    }
}

impl Kernel for Dense {
    fn takes(&self, geometry: &Geometry) -> bool {
        geometry.groups == 1 && geometry.outputs.is_multiple_of(LANES)
    }

    fn filters(&self, geometry: &Geometry) -> Filters {
        let Geometry { inputs, outputs, .. } = *geometry;
        Filters { outputs, inputs, padded: geometry.padded_inputs(), taps: geometry.taps(), outputs_last: true }
    }

    fn forward(
        &self,
        geometry: &Geometry,
        x: &CubeTensor,
        filters: &CubeTensor,
        shift: &CubeTensor,
        activation: Activation,
    ) -> CubeTensor {
        let y = unwritten(x, geometry.shape_of_y());
        let tiling = Tiling::whole(geometry.output_pixels(), geometry.outputs);
        let (count, dim) = one_each(&x.client, tiling.tiles * UNITS as usize);
        // Safety: what lies outside of the matrices is neither read nor written.
        unsafe {
            kernels::of_outputs::launch_unchecked(
                &x.client,
                count,
                dim,
                LANES,
                argument(x),
                argument(filters),
                argument(shift),
                argument(&y),
                geometry.arguments(),
                geometry.kernel as u32,
                geometry.stride as u32,
                activation,
                tiling.wide,
            );
        }
        y
    }

    fn of_x(&self, geometry: &Geometry, gradient: &CubeTensor, filters: &CubeTensor) -> CubeTensor {
        let out = unwritten(gradient, geometry.shape_of_x());
        let [cells_y, cells_x] = geometry.picture.map(|size| size.div_ceil(geometry.stride));
        let tiling = Tiling::whole(geometry.batch * cells_y * cells_x, geometry.padded_inputs());
        let tiles = tiling.tiles * geometry.stride * geometry.stride;
        let (count, dim) = one_each(&gradient.client, tiles * UNITS as usize);
        // Safety: as in `forward`.
        unsafe {
            of_inputs::of_inputs::launch_unchecked(
                &gradient.client,
                count,
                dim,
                LANES,
                argument(gradient),
                argument(filters),
                argument(&out),
                geometry.arguments(),
                geometry.kernel as u32,
                geometry.stride as u32,
                tiling.wide,
            );
        }
        out
    }

    fn of_filters(&self, geometry: &Geometry, gradient: &CubeTensor, x: &CubeTensor) -> CubeTensor {
        let (taps, padded, outputs) = (geometry.taps(), geometry.padded_inputs(), geometry.outputs);
        let wide = if (taps * padded).min(outputs) < 2 * TILE { 1 } else { 2 };
        let Tiling { wide, tiles } = Tiling::of(wide, taps * padded, outputs);
        let parts = parts(tiles * UNITS as usize, geometry.output_pixels());
        let out = unwritten(gradient, [parts, taps * padded, outputs]);
        let (count, dim) = one_each(&gradient.client, parts * tiles * UNITS as usize);
        // Safety: as in `forward`.
        unsafe {
            kernels::of_filters::launch_unchecked(
                &gradient.client,
                count,
                dim,
                LANES,
                argument(gradient),
                argument(x),
                argument(&out),
                geometry.arguments(),
                parts as u32,
                geometry.kernel as u32,
                geometry.stride as u32,
                wide,
            );
        }
        joined(out, [taps, padded, outputs])
    }
}
