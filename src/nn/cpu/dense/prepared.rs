//! Filters made ready for a convolution, in the one of two ways that is quicker for its sizes. Which one that is does not depend on the
//! batch: of a photo alone the same bits come as of one among many.

use std::ops::Range;

use super::filters::{Filters, Order, Scaled};
use super::product::{self, Product, Sink};
use super::reading::Reading;
use super::vectors::Machine;
use super::winograd::{self, Transformed, Winograd};

/// Rows of filters over what is read.
pub struct Prepared<M> {
    pub reading: Reading,
    channels: usize,
    filters: Way<M>,
}

enum Way<M> {
    Product(Filters<M>),
    Winograd(Winograd, Transformed<M>),
}

/// Room for a block, kept from one to the next.
#[derive(Default)]
pub struct Scratch {
    product: product::Scratch,
    winograd: winograd::Scratch,
}

impl<M: Machine> Prepared<M> {
    /// `order` says where the filters' values lie for the taps of `reading`.
    pub fn new(reading: Reading, filters: Scaled, order: Order) -> Self {
        let channels = order.channels;
        let filters = match Winograd::of(&reading, channels, order.rows) {
            Some(winograd) => {
                Way::Winograd(winograd, Transformed::new(filters, Order { taps: &winograd.taps, ..order }))
            }
            None => Way::Product(Filters::new(filters, order)),
        };
        Self { reading, channels, filters }
    }

    /// Columns of a product that a photo makes.
    pub fn columns(&self) -> usize {
        match &self.filters {
            Way::Product(_) => self.reading.places(),
            Way::Winograd(winograd, _) => winograd.tiles().iter().product(),
        }
    }

    /// How many values it holds.
    pub fn values(&self) -> usize {
        match &self.filters {
            Way::Product(filters) => filters.values(),
            Way::Winograd(_, filters) => filters.values(),
        }
    }

    /// Hands some rows over for every place of every photo. The first of them begins a panel.
    pub fn run(
        &self,
        rows: Range<usize>,
        source: &[f32],
        scratch: &mut Scratch,
        #[cfg_attr(not(target_family = "wasm"), allow(unused_mut))] mut sink: impl Sink,
    ) {
        // In WebAssembly, where a function that is called has the vectors as well, one for all sinks: half as much to download.
        #[cfg(target_family = "wasm")]
        self.run_into::<&mut dyn Sink>(rows, source, scratch, &mut sink);
        #[cfg(not(target_family = "wasm"))]
        self.run_into(rows, source, scratch, sink);
    }

    fn run_into<S: Sink>(&self, rows: Range<usize>, source: &[f32], scratch: &mut Scratch, sink: S) {
        let Self { reading, channels, .. } = self;
        match &self.filters {
            Way::Product(filters) => {
                let scratch = &mut scratch.product;
                M::compute(Product { filters, rows, reading, source, channels: *channels, scratch, sink });
            }
            Way::Winograd(winograd, filters) => {
                let scratch = &mut scratch.winograd;
                M::compute(winograd::Product { winograd, filters, rows, source, channels: *channels, scratch, sink });
            }
        }
    }
}
