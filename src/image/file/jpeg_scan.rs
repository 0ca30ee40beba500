//! How much of a JPEG's picture is in its coded data: the data are followed code by code, as a decoder does, without computing a
//! pixel. That takes about a tenth of the time of decoding.
//!
//! Decoders do not say it. libjpeg and its like fill what is missing with one colour and report success, also where the end
//! marker is there and only the middle is broken.

/// A colour of the frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    pub id: u8,
    /// Blocks in a unit of an interleaved scan.
    pub across: usize,
    pub down: usize,
}

/// The state between scans.
pub struct Walk {
    size: (usize, usize),
    progressive: bool,
    planes: Vec<State>,
    dc: [Option<DcTable>; 4],
    ac: [Option<AcTable>; 4],
    restart_interval: usize,
    /// Whether a scan that only refines what is there broke off.
    unrefined: bool,
}

struct State {
    plane: Plane,
    /// Blocks of the picture, and of the whole units of an interleaved scan.
    blocks: (usize, usize),
    padded: (usize, usize),
    /// The share of the blocks that has come, by coefficient.
    came: [f64; 64],
    /// Coefficients that are not zero, by block: what refines a progressive picture is coded by them.
    nonzero: Vec<u64>,
}

/// What is wrong with coded data: the blocks from here on cannot be told.
struct Broken;

/// What a scan codes.
struct Band {
    from: usize,
    to: usize,
    /// Whether it refines what an earlier one brought.
    refines: bool,
}

impl Walk {
    pub fn new((width, height): (usize, usize), planes: &[Plane], progressive: bool) -> Self {
        let most = |side: fn(&Plane) -> usize| planes.iter().map(side).max().unwrap_or(1);
        let (most_across, most_down) = (most(|plane| plane.across), most(|plane| plane.down));
        let units = (width.div_ceil(8 * most_across), height.div_ceil(8 * most_down));
        let state = |plane: &Plane| State {
            plane: plane.clone(),
            blocks: ((width * plane.across).div_ceil(8 * most_across), (height * plane.down).div_ceil(8 * most_down)),
            padded: (units.0 * plane.across, units.1 * plane.down),
            came: [0.0; 64],
            nonzero: Vec::new(),
        };
        Self {
            size: units,
            progressive,
            planes: planes.iter().map(state).collect(),
            dc: [const { None }; 4],
            ac: [const { None }; 4],
            restart_interval: 0,
            unrefined: false,
        }
    }

    /// The share of the picture whose every coefficient came, at least roughly.
    pub fn share(&self) -> f64 {
        self.planes.iter().flat_map(|state| state.came).fold(1.0, f64::min)
    }

    /// Whether nothing broke off that only refines.
    pub fn is_whole(&self) -> bool {
        !self.unrefined
    }

    /// Whether every plane has had its scan.
    pub fn is_covered(&self) -> bool {
        self.share() > 0.0
    }

    pub fn restart_interval(&mut self, content: &[u8]) {
        self.restart_interval = content.first_chunk().map_or(0, |&length| usize::from(u16::from_be_bytes(length)));
    }

    /// A segment of Huffman tables. One that makes no sense leaves those that were there.
    pub fn tables(&mut self, mut content: &[u8]) {
        while let Some((&head, rest)) = content.split_first()
            && let Some((lengths, rest)) = rest.split_first_chunk::<16>()
        {
            let count = lengths.iter().map(|&count| usize::from(count)).sum();
            let Some(symbols) = rest.get(..count) else { return };
            let at = usize::from(head & 3);
            if let Some(codes) = Codes::new(lengths, symbols) {
                if head >> 4 == 0 {
                    self.dc[at] = Some(DcTable(codes));
                } else {
                    self.ac[at] = Some(AcTable::new(codes, self.progressive));
                }
            }
            content = &rest[count..];
        }
    }

    /// Follows a scan, `header` the content of its segment and `data` all that comes after it in the file, and returns the length of
    /// its coded data. `None` where the header makes no sense.
    pub fn scan(&mut self, header: &[u8], data: &[u8]) -> Option<usize> {
        let (&count, rest) = header.split_first()?;
        let count = usize::from(count);
        let (planes, rest) = rest.split_at_checked(2 * count)?;
        let &[from, to, approximation, ..] = rest else { return None };
        let band = Band { from: usize::from(from), to: usize::from(to), refines: approximation >> 4 > 0 };
        let band = if self.progressive { band } else { Band { from: 0, to: 63, refines: false } };
        if band.from > band.to || band.to > 63 || self.progressive && band.from == 0 && band.to > 0 {
            return None;
        }
        let plane = |pair: &[u8]| {
            let at = self.planes.iter().position(|state| state.plane.id == pair[0])?;
            Some((at, usize::from(pair[1] >> 4 & 3), usize::from(pair[1] & 3)))
        };
        let planes: Vec<_> = planes.chunks_exact(2).map(plane).collect::<Option<_>>()?;
        if planes.is_empty() || band.from > 0 && planes.len() > 1 {
            return None;
        }
        // A plane on its own has no more blocks than the picture needs.
        let (across, down) = if planes.len() == 1 { self.planes[planes[0].0].blocks } else { self.size };
        let units = across * down;
        let interval = if self.restart_interval > 0 { self.restart_interval } else { units.max(1) };

        let mut bits = Bits::new(data);
        let (mut came, mut begun) = (0, 0);
        while begun < units {
            let length = interval.min(units - begun);
            came += self.interval(&mut bits, &planes, &band, (begun, length, across));
            begun += length;
            if begun >= units {
                break;
            }
            // Where restart markers are missing, so are the units between them.
            match bits.restart_after(begun / interval - 1) {
                Some(lost) => begun += lost * interval,
                None => break,
            }
        }
        let share = if units == 0 { 1.0 } else { came as f64 / units as f64 };
        if band.refines {
            self.unrefined |= came < units;
        } else {
            for &(plane, ..) in &planes {
                self.planes[plane].came[band.from..=band.to].fill(share);
            }
        }
        Some(bits.length())
    }

    /// Follows the units between two restart markers; how many came.
    fn interval(
        &mut self,
        bits: &mut Bits,
        planes: &[(usize, usize, usize)],
        band: &Band,
        (begun, length, across): (usize, usize, usize),
    ) -> usize {
        if !self.progressive {
            return self.sequential(bits, planes, length);
        }
        let mut run = 0;
        for unit in begun..begun + length {
            if self.progressive_unit(bits, planes, band, (unit % across, unit / across), &mut run).is_err() {
                return unit - begun;
            }
        }
        length
    }

    fn sequential(&self, bits: &mut Bits, planes: &[(usize, usize, usize)], length: usize) -> usize {
        let mut blocks = Vec::new();
        for &(plane, dc, ac) in planes {
            let (Some(dc), Some(ac)) = (&self.dc[dc], &self.ac[ac]) else { return 0 };
            let Plane { across, down, .. } = self.planes[plane].plane;
            let count = if planes.len() == 1 { 1 } else { across * down };
            blocks.extend(std::iter::repeat_n((dc, ac), count));
        }
        // A copy stays in the processor's registers.
        let mut local = *bits;
        let mut came = length;
        'units: for unit in 0..length {
            for &(dc, ac) in &blocks {
                let followed = dc.skip(&mut local).and_then(|()| ac.skip_block(&mut local));
                if followed.is_err() {
                    came = unit;
                    break 'units;
                }
            }
            if local.are_over() {
                came = unit;
                break;
            }
        }
        *bits = local;
        came
    }

    fn progressive_unit(
        &mut self,
        bits: &mut Bits,
        planes: &[(usize, usize, usize)],
        band: &Band,
        (column, row): (usize, usize),
        run: &mut u32,
    ) -> Result<(), Broken> {
        if band.from > 0 {
            let (plane, _, ac) = planes[0];
            let table = self.ac[ac].as_ref().ok_or(Broken)?;
            let state = &mut self.planes[plane];
            if state.nonzero.is_empty() {
                state.nonzero = vec![0; state.padded.0 * state.padded.1];
            }
            let block = state.nonzero.get_mut(row * state.padded.0 + column).ok_or(Broken)?;
            if band.refines {
                table.refine(bits, band, block, run)?;
            } else {
                table.first(bits, band, block, run)?;
            }
        } else {
            for &(plane, dc, _) in planes {
                let Plane { across, down, .. } = self.planes[plane].plane;
                let count = if planes.len() == 1 { 1 } else { across * down };
                for _ in 0..count {
                    if band.refines {
                        bits.take(1);
                    } else {
                        self.dc[dc].as_ref().ok_or(Broken)?.skip(bits)?;
                    }
                }
            }
        }
        if bits.are_over() { Err(Broken) } else { Ok(()) }
    }
}

/// Coded data bit by bit, without the zeros that follow each 0xff in them, up to the next marker.
#[derive(Clone, Copy)]
struct Bits<'a> {
    data: &'a [u8],
    /// The next byte to be taken up.
    at: usize,
    /// Bits that were taken up, the next one at the top, and how many they are. Below zero: more were asked for than there are.
    buffer: u64,
    count: i32,
}

impl<'a> Bits<'a> {
    fn new(data: &'a [u8]) -> Self {
        Self { data, at: 0, buffer: 0, count: 0 }
    }

    /// Makes 32 bits or more ready. After the last one come zeros.
    #[inline]
    fn fill(&mut self) {
        if self.count > 32 {
            return;
        }
        if let Some(next) = self.data.get(self.at..self.at + 4)
            && let Some(&next) = next.first_chunk()
            && self.count >= 0
        {
            let word = u32::from_be_bytes(next);
            // No byte is 0xff where the inverse has no zero byte.
            let inverse = !word;
            if inverse.wrapping_sub(0x0101_0101) & word & 0x8080_8080 == 0 {
                self.buffer |= u64::from(word) << (32 - self.count);
                self.count += 32;
                self.at += 4;
                return;
            }
        }
        self.fill_slowly();
    }

    #[cold]
    fn fill_slowly(&mut self) {
        while (0..=56).contains(&self.count) {
            let Some(&byte) = self.data.get(self.at) else { return };
            if byte == 0xff {
                if self.data.get(self.at + 1) != Some(&0) {
                    return;
                }
                self.at += 1;
            }
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
            self.at += 1;
        }
    }

    #[inline]
    fn take(&mut self, count: u32) -> u32 {
        if count == 0 {
            return 0;
        }
        self.fill();
        let value = (self.buffer >> (64 - count)) as u32;
        self.skip(count);
        value
    }

    #[inline]
    fn skip(&mut self, count: u32) {
        self.buffer <<= count;
        self.count -= count as i32;
    }

    /// Whether more bits were asked for than there are.
    #[inline]
    fn are_over(&self) -> bool {
        self.count < 0
    }

    /// Goes on after the restart marker that ends an interval, or a later one, and says how many are missing between them. `None`
    /// where another marker or the end comes first.
    fn restart_after(&mut self, interval: usize) -> Option<usize> {
        (self.buffer, self.count) = (0, 0);
        loop {
            self.at += self.data.get(self.at..)?.iter().position(|&byte| byte == 0xff)?;
            match *self.data.get(self.at + 1)? {
                0 => self.at += 2,
                0xff => self.at += 1,
                marker @ 0xd0..=0xd7 => {
                    self.at += 2;
                    // They count from 0 to 7. One that is a little late has been passed already.
                    let lost = (usize::from(marker - 0xd0) + 8 - interval % 8) % 8;
                    if lost < 6 {
                        return Some(lost);
                    }
                }
                _ => return None,
            }
        }
    }

    /// Bytes up to the one that the next bit is in, or after it.
    fn length(&self) -> usize {
        let mut at = self.at;
        // Whole bytes that were taken up and not used.
        for _ in 0..self.count.max(0) / 8 {
            at -= 1;
            // The zero after a 0xff goes with it.
            if at > 0 && self.data[at] == 0 && self.data[at - 1] == 0xff {
                at -= 1;
            }
        }
        at
    }
}

/// How many bits of a code a table looks up at once.
const LOOKUP: u32 = 11;
const TABLE: usize = 1 << LOOKUP;

/// Huffman codes in canonical order.
struct Codes {
    symbols: Vec<u8>,
    /// By length from 1 to 16: the first code that is longer, filled up to 16 bits, and what leads from a code to its symbol.
    ends: [u32; 16],
    offsets: [i32; 16],
    /// Symbol and length of the code that the next bits begin with; length 0 where it is longer.
    lookup: Box<[(u8, u8); TABLE]>,
}

impl Codes {
    /// `None` where more codes are asked for than there are.
    fn new(lengths: &[u8; 16], symbols: &[u8]) -> Option<Self> {
        let (mut ends, mut offsets) = ([0; 16], [0; 16]);
        let (mut code, mut seen) = (0u32, 0);
        for (at, &count) in lengths.iter().enumerate() {
            let length = at as u32 + 1;
            offsets[at] = seen - code as i32;
            code += u32::from(count);
            seen += i32::from(count);
            if code > 1 << length {
                return None;
            }
            ends[at] = code << (16 - length);
            code <<= 1;
        }
        let mut codes = Self { symbols: symbols.to_vec(), ends, offsets, lookup: Box::new([(0, 0); TABLE]) };
        for bits in 0..1u32 << LOOKUP {
            if let Some((symbol, length)) = codes.long(bits << (16 - LOOKUP))
                && length <= LOOKUP as u8
            {
                codes.lookup[bits as usize] = (symbol, length);
            }
        }
        Some(codes)
    }

    /// The symbol that 16 bits begin with, and the length of its code.
    fn long(&self, bits: u32) -> Option<(u8, u8)> {
        let at = self.ends.iter().position(|&end| bits < end)?;
        let place = (bits >> (15 - at)) as i32 + self.offsets[at];
        Some((*self.symbols.get(usize::try_from(place).ok()?)?, at as u8 + 1))
    }

    /// Takes a code; at least 16 bits are ready after it.
    #[inline]
    fn take(&self, bits: &mut Bits) -> Result<u8, Broken> {
        bits.fill();
        let (mut symbol, mut length) = self.lookup[(bits.buffer >> (64 - LOOKUP)) as usize];
        if length == 0 {
            (symbol, length) = self.long((bits.buffer >> 48) as u32).ok_or(Broken)?;
        }
        bits.skip(u32::from(length));
        Ok(symbol)
    }
}

struct DcTable(Codes);

impl DcTable {
    #[inline]
    fn skip(&self, bits: &mut Bits) -> Result<(), Broken> {
        let size = self.0.take(bits)?;
        if size > 16 {
            return Err(Broken);
        }
        bits.skip(u32::from(size));
        Ok(())
    }
}

/// Codes of coefficients and, for sequential pictures, what the next bits come to where they hold several of them.
struct AcTable {
    codes: Codes,
    steps: Box<[Step; TABLE]>,
}

/// Some codes with the values that follow them.
#[derive(Clone, Copy, Default)]
struct Step {
    /// Bits of all of them; 0 where the first code is too long to be looked up.
    bits: u8,
    /// Coefficients they stand for.
    coefficients: u8,
    /// Whether the last one ends the block.
    ends: bool,
}

impl AcTable {
    fn new(codes: Codes, progressive: bool) -> Self {
        let step = |start: u32| {
            let mut step = Step::default();
            while u32::from(step.bits) < LOOKUP {
                let rest = (start << step.bits) & ((1 << LOOKUP) - 1);
                let (symbol, length) = codes.lookup[rest as usize];
                let (run, size) = (symbol >> 4, symbol & 15);
                // The code itself must lie within the bits that were looked up; the value after the last one need not.
                if length == 0 || u32::from(step.bits + length) > LOOKUP || step.coefficients + run + 1 > 63 {
                    break;
                }
                step.bits += length + size;
                if size == 0 && run < 15 {
                    step.ends = true;
                    break;
                }
                step.coefficients += run + 1;
            }
            step
        };
        let mut steps = Box::new([Step::default(); TABLE]);
        if !progressive {
            for (start, place) in (0..).zip(steps.iter_mut()) {
                *place = step(start);
            }
        }
        Self { codes, steps }
    }

    /// The coefficients of a block of a sequential picture.
    #[inline(always)]
    fn skip_block(&self, bits: &mut Bits) -> Result<(), Broken> {
        let mut at = 1;
        while at < 64 {
            bits.fill();
            let Step { bits: length, coefficients, ends } = self.steps[(bits.buffer >> (64 - LOOKUP)) as usize];
            let next = at + u32::from(coefficients);
            // Past the end of the block are the codes of the next one.
            if length > 0 && next + u32::from(ends) <= 64 {
                bits.skip(u32::from(length));
                if ends {
                    break;
                }
                at = next;
            } else {
                at = self.skip_code(bits, at)?;
            }
        }
        Ok(())
    }

    /// One code, and the coefficient that is next: 64 at the end of the block.
    #[cold]
    fn skip_code(&self, bits: &mut Bits, at: u32) -> Result<u32, Broken> {
        let symbol = self.codes.take(bits)?;
        let (run, size) = (u32::from(symbol >> 4), u32::from(symbol & 15));
        bits.skip(size);
        match at + run + 1 {
            _ if size == 0 && run < 15 => Ok(64),
            next if next <= 64 => Ok(next),
            _ => Err(Broken),
        }
    }

    /// The coefficients of a block in a scan that brings them. `run`: blocks that bring none.
    fn first(&self, bits: &mut Bits, band: &Band, block: &mut u64, run: &mut u32) -> Result<(), Broken> {
        if *run > 0 {
            *run -= 1;
            return Ok(());
        }
        let mut at = band.from;
        while at <= band.to {
            let symbol = self.codes.take(bits)?;
            let (zeros, size) = (usize::from(symbol >> 4), u32::from(symbol & 15));
            if size == 0 && zeros < 15 {
                *run = (1 << zeros) - 1 + bits.take(zeros as u32);
                return Ok(());
            }
            at += zeros;
            if size > 0 {
                if at > band.to {
                    return Err(Broken);
                }
                *block |= 1 << at;
                bits.skip(size);
            }
            at += 1;
        }
        Ok(())
    }

    /// The coefficients of a block in a scan that refines them: one more bit for each that is there, and new ones between them.
    fn refine(&self, bits: &mut Bits, band: &Band, block: &mut u64, run: &mut u32) -> Result<(), Broken> {
        let mut at = band.from;
        if *run == 0 {
            while at <= band.to {
                let symbol = self.codes.take(bits)?;
                let (mut zeros, size) = (u32::from(symbol >> 4), symbol & 15);
                if size > 1 {
                    return Err(Broken);
                }
                if size == 0 && zeros < 15 {
                    *run = (1 << zeros) + bits.take(zeros);
                    break;
                }
                bits.take(u32::from(size));
                let mut fresh = None;
                while at <= band.to {
                    if *block >> at & 1 == 1 {
                        bits.take(1);
                    } else if zeros == 0 {
                        fresh = (size == 1).then_some(at);
                        at += 1;
                        break;
                    } else {
                        zeros -= 1;
                    }
                    at += 1;
                }
                if let Some(fresh) = fresh {
                    *block |= 1 << fresh;
                } else if size == 1 {
                    return Err(Broken);
                }
            }
        }
        if *run > 0 {
            let within = if at > band.to { 0 } else { (*block >> at) & (u64::MAX >> (63 - (band.to - at))) };
            for _ in 0..within.count_ones() {
                bits.take(1);
            }
            *run -= 1;
        }
        Ok(())
    }
}
