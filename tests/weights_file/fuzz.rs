//! Files with mistakes in them, from a seed.

use std::panic::{AssertUnwindSafe, catch_unwind};

use lastlayer::backbone::file::TensorFile;
use lastlayer::error::ErrorCode;
use lastlayer::rng::Rng;

use super::counting::{Used, measured};
use super::{fixture, golden};

/// Changes some bytes of a file in one of the ways in which files go wrong, or are made to.
fn mutate(file: &mut Vec<u8>, others: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.below(file.len().max(1));
    // What comes in moves what is behind it; the other forms say where everything is, so there that is one mistake of many.
    let moves = rng.below(if file.first() == Some(&0x80) { 2 } else { 8 }) == 0;
    match rng.below(8) {
        // Bits flipped.
        0 | 1 => {
            for _ in 0..=rng.below(8) {
                let at = rng.below(file.len().max(1));
                if let Some(byte) = file.get_mut(at) {
                    *byte ^= 1 << rng.below(8);
                }
            }
        }
        // Cut, at either end or in the middle.
        2 if rng.below(4) == 0 => file.truncate(at),
        2 => drop(file.drain(at..(at + 1 + rng.below(64)).min(file.len()))),
        // A length that lies: of one to eight bytes, where some number is.
        3 => {
            let width = 1 << rng.below(4);
            let lie = [0, 1, u64::MAX, 1 << 31, i64::MAX as u64, file.len() as u64, rng.next_u64()][rng.below(7)];
            for (byte, lie) in file.iter_mut().skip(at).take(width).zip(lie.to_le_bytes()) {
                *byte = lie;
            }
        }
        // An opcode, or a few, in place of what was there or between it.
        4 | 5 => {
            const OPCODES: &[u8] = b"(.012FIJKLMNPQRSTUVXabcd}eghijl]opqrst)uG\x80\x81\x82\x85\x86\x87\x88\x89\x8a\x8bBC\x8c\x8d\x8e\x8f\x90\x91\x92\x93\x94\x95\x96\x97\x98";
            let opcodes: Vec<u8> = (0..=rng.below(4)).map(|_| OPCODES[rng.below(OPCODES.len())]).collect();
            let replaced = if moves { 0 } else { opcodes.len() };
            // Mostly near the front, where the pickle is.
            let at = if rng.below(4) == 0 { at } else { rng.below(file.len().clamp(1, 1000)) };
            let end = (at + replaced).min(file.len());
            file.splice(at.min(end)..end, opcodes);
        }
        // A piece of another file, or of this one again.
        _ => {
            let other = &others[rng.below(others.len())];
            let from = rng.below(other.len());
            let piece = other[from..(from + 1 + rng.below(200)).min(other.len())].to_vec();
            let end = if moves { at } else { (at + piece.len()).min(file.len()) };
            file.splice(at.min(end)..end, piece);
        }
    }
}

#[test]
fn no_bytes_make_it_panic_or_run_away() {
    const FILES: usize = 2000;
    let golden = golden();
    let fixtures: Vec<Vec<u8>> = golden.files.keys().chain(golden.refused.keys()).map(|name| fixture(name)).collect();
    let mut rng = Rng::new(11);
    let (mut taken, mut most) = (0, Used::default());
    for at in 0..FILES {
        let mut file = fixtures[at % fixtures.len()].clone();
        for _ in 0..=rng.below(2) {
            mutate(&mut file, &fixtures, &mut rng);
        }
        let length = file.len();
        let read = || match TensorFile::open(file) {
            Ok(file) => {
                // One after the other, as layers are built.
                let numbers: usize = file.tensors.keys().map(|name| file.take(name).unwrap().len()).sum();
                assert!(numbers * 2 <= 4 * length + (1 << 20));
                true
            }
            Err(error) => {
                assert!(matches!(error.code, ErrorCode::WeightsCorrupt | ErrorCode::WeightsUnsupported), "{error}");
                assert!(error.message.len() < 1000, "{error}");
                false
            }
        };
        let (result, used) = measured(|| catch_unwind(AssertUnwindSafe(read)));
        match result {
            Ok(was_taken) => taken += usize::from(was_taken),
            Err(_) => panic!("mutation {at} makes it panic"),
        }
        // The work is bounded with what is set aside: each opcode takes a byte of the file, and whatever is copied is counted here.
        assert!(used.peak <= (1 << 18) + 64 * length, "mutation {at}: {used:?} for {length} bytes");
        assert!(used.total <= (1 << 21) + 256 * length, "mutation {at}: {used:?} for {length} bytes");
        most = Used { now: 0, peak: most.peak.max(used.peak), total: most.total.max(used.total) };
    }
    println!("{taken} of {FILES} taken, {most:?}");
    assert!(
        taken > FILES / 20 && taken < FILES / 2,
        "{taken} of {FILES} mutations were taken: do they still reach far enough?"
    );
}
