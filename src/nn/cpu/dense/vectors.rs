//! The vectors that the products here are computed in: as wide as the processor has them natively (`widest`), four values in
//! WebAssembly (`in_lanes`). What is written for both is generic, so that the tests run the browser's way natively, too.

/// A kind of vectors. By value, since what proves that the processor has them is a value.
pub trait Vectors: Copy {
    type Vector: Copy;

    /// Values in one.
    const WIDTH: usize;
    /// Rows of a tile, and the most vectors in each: as many sums as the registers hold beside what goes into them.
    const ROWS: usize;
    const MOST: usize;

    /// Whether so many, more than one, are two; known as it is compiled where no tile has more, so that no code is made for three.
    #[inline(always)]
    fn is_two(count: usize) -> bool {
        Self::MOST == 2 || count == 2
    }

    fn splat(self, value: f32) -> Self::Vector;

    /// # Safety
    /// The values from `from` on must be readable. They need no alignment.
    unsafe fn load(self, from: *const f32) -> Self::Vector;

    /// # Safety
    /// The values from `to` on must be writable. They need no alignment.
    unsafe fn store(self, vector: Self::Vector, to: *mut f32);

    fn plus(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    fn minus(self, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// `sum + a · b`
    fn plus_product(self, sum: Self::Vector, a: Self::Vector, b: Self::Vector) -> Self::Vector;

    /// Has what lies there, or does not, brought nearer, where the processor can be asked to.
    #[inline(always)]
    fn prefetch(self, _: *const f32) {}
}

/// Something to be computed in vectors.
pub trait Work {
    fn run<T: Vectors>(self, vectors: T);
}

/// Who computes it.
pub trait Machine: Send + Sync {
    fn compute(work: impl Work);
}

/// What a machine's tiles are like.
pub struct Shape {
    pub width: usize,
    pub most: usize,
    pub rows: usize,
}

impl Shape {
    pub fn of<M: Machine>() -> Self {
        let mut shape = None;
        M::compute(Measure(&mut shape));
        shape.expect("measured")
    }
}

struct Measure<'a>(&'a mut Option<Shape>);

impl Work for Measure<'_> {
    fn run<T: Vectors>(self, _: T) {
        *self.0 = Some(Shape { width: T::WIDTH, most: T::MOST, rows: T::ROWS });
    }
}
