//! Files put together by hand, whose numbers lie.

use lastlayer::backbone::file::TensorFile;
use lastlayer::error::ErrorCode;

use super::counting::measured;
use super::{corrupt, refusal};

fn safetensors(header_length: u64, header: &str, data: usize) -> Vec<u8> {
    let mut bytes = header_length.to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + data, 0);
    bytes
}

#[test]
fn safetensors_that_lie_are_refused() {
    let lie = |shape: &str, offsets: &str, data: usize, detail: &str| {
        let header = format!(r#"{{"x":{{"dtype":"F32","shape":{shape},"data_offsets":{offsets}}}}}"#);
        corrupt(safetensors(header.len() as u64, &header, data), detail);
    };
    lie("[3]", "[0,8]", 8, "");
    lie("[2]", "[0,8]", 4, "");
    lie("[2]", "[8,16]", 16, "");
    lie("[4294967296,4294967296,4294967296]", "[0,8]", 8, "");
    lie("[18446744073709551615]", "[0,8]", 8, "");
    lie(&format!("[{}2]", "1,".repeat(1000)), "[0,8]", 8, "a tensor has 1001 dimensions");
    lie("[2]", &format!("[0,{}]", "9".repeat(10_000)), 8, "");
    corrupt(safetensors(2 << 30, "{}", 100), "its header has 2147483648 bytes");
    corrupt(safetensors(u64::MAX >> 16, "{}", 100), "its header has");
    corrupt(safetensors(1000, "{}", 100), "");
    corrupt(safetensors(2, "{]", 0), "");
    let deep = "{\"a\":".repeat(100_000);
    corrupt(safetensors(deep.len() as u64, &deep, 0), "");
    assert!(TensorFile::open(safetensors(2, "{}", 0)).unwrap().tensors.is_empty());
}

/// A legacy file around a pickle, with storages of f32.
fn legacy(pickle: &[u8], storages: &[(&str, &[f32])]) -> Vec<u8> {
    let mut bytes = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02".to_vec();
    bytes.extend(pickle);
    bytes.extend(b".\x80\x02](");
    bytes.extend(storages.iter().flat_map(|(key, _)| text(key)));
    bytes.extend(b"e.");
    for (_, numbers) in storages {
        bytes.extend((numbers.len() as u64).to_le_bytes());
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    }
    bytes
}

fn text(text: &str) -> Vec<u8> {
    [&b"X"[..], &(text.len() as u32).to_le_bytes(), text.as_bytes()].concat()
}

fn long(number: i64) -> Vec<u8> {
    [&b"\x8a\x08"[..], &number.to_le_bytes()].concat()
}

/// Sets an item of a dict: a tensor on storage "0" of `count` numbers.
fn tensor(name: &str, count: i64, offset: i64, shape: &[i64], strides: &[i64]) -> Vec<u8> {
    let counts = |counts: &[i64]| {
        [b"(".to_vec(), counts.iter().flat_map(|&count| long(count)).collect(), b"t".to_vec()].concat()
    };
    [
        text(name),
        b"ctorch._utils\n_rebuild_tensor_v2\n((".to_vec(),
        text("storage"),
        b"ctorch\nFloatStorage\n".to_vec(),
        text("0"),
        text("cpu"),
        long(count),
        b"tQ".to_vec(),
        long(offset),
        counts(shape),
        counts(strides),
        b"\x89}tRs".to_vec(),
    ]
    .concat()
}

#[test]
fn tensors_that_lie_are_refused() {
    let numbers: &[f32] = &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let open = |count, offset, shape: &[i64], strides: &[i64]| {
        let pickle = [b"}".to_vec(), tensor("x", count, offset, shape, strides)].concat();
        TensorFile::open(legacy(&pickle, &[("0", numbers)]))
    };
    assert_eq!(open(6, 1, &[2, 2], &[1, 3]).unwrap().take("x").unwrap(), [2.0, 5.0, 3.0, 6.0]);
    assert_eq!(open(6, 2, &[], &[]).unwrap().take("x").unwrap(), [3.0]);
    assert_eq!(open(6, 0, &[2, 3], &[0, 0]).unwrap().take("x").unwrap(), [1.0; 6]);
    let huge = i64::MAX;
    for (count, offset, shape, strides) in [
        (7, 0, &[2, 2][..], &[2, 1][..]),
        (huge, 0, &[2, 2], &[2, 1]),
        (-1, 0, &[2, 2], &[2, 1]),
        (6, -1, &[2, 2], &[2, 1]),
        (6, 3, &[2, 2], &[2, 1]),
        (6, huge, &[2, 2], &[2, 1]),
        (6, 0, &[7], &[1]),
        (6, 0, &[2, 2], &[4, 2]),
        (6, 0, &[2, 2], &[huge, 1]),
        (6, 0, &[2, 2], &[-1, 1]),
        (6, 0, &[-1, 2], &[1, 1]),
        (6, 0, &[huge, huge, huge], &[0, 0, 0]),
        (6, 0, &[1 << 17], &[0]),
        (6, 0, &[2, 2], &[1]),
        (6, 0, &[1; 9], &[1; 9]),
    ] {
        let error = open(count, offset, shape, strides).unwrap_err();
        assert_eq!(error.code, ErrorCode::WeightsCorrupt, "{error}");
    }
    let one = |name: &str| [b"}".to_vec(), tensor(name, 6, 0, &[1], &[1])].concat();
    corrupt(legacy(&one(&"x".repeat(501)), &[("0", numbers)]), "the name of a tensor has 501 bytes");
    corrupt(legacy(&one("x"), &[]), "is missing");
    corrupt(legacy(&one("x"), &[("1", numbers)]), "of no tensor");
    // Each is allowed, and all together are 30 million numbers out of six.
    let expanded = (0..500).map(|at| tensor(&at.to_string(), 6, 0, &[60_000], &[0]));
    let expanded: Vec<u8> = b"}".iter().copied().chain(expanded.flatten()).collect();
    corrupt(legacy(&expanded, &[("0", numbers)]), "more numbers than the file has room for");
}

#[test]
fn pickles_that_nest_repeat_and_loop_are_bounded() {
    let repeated = |part: &[u8], count: usize| part.repeat(count);
    let refused = |pickle: Vec<u8>, detail: &str| {
        let (error, used) = measured(|| refusal(legacy(&pickle, &[])));
        assert!(error.message.contains(detail), "{detail:?} is not in {error}");
        assert!(used.peak < 400 << 20, "{detail}: {} bytes", used.peak);
    };
    refused(repeated(b"(", 1_000_000), "nests deeper");
    refused(repeated(b"N", 1_000_000), "stacks more than");
    refused(repeated(b"]0", 5_000_000), "has more than 4194304 values");
    refused([b"N".to_vec(), repeated(b"\x85", 5_000_000)].concat(), "has more than 4194304 values");
    refused([b"N".to_vec(), repeated(b"\x94", 5_000_000)].concat(), "has more than 4194304 values");
    // An ordered dict of a thousand pairs, again and again.
    let pairs = [b"](".to_vec(), repeated(b"NN\x86", 1000), b"eq\0".to_vec()].concat();
    refused(
        [pairs, repeated(b"ccollections\nOrderedDict\nh\0\x85R0", 10_000)].concat(),
        "has more than 4194304 values",
    );
    // A dict inside itself, and tuples that double.
    refused([b"}q\0".to_vec(), text("model"), b"h\0s".to_vec()].concat(), "no named tensors");
    refused([b"N".to_vec(), repeated(b"2\x86", 10_000)].concat(), "no named tensors");
    // Taking what is not there, also from below a mark.
    for pickle in [
        &b""[..],
        b"0",
        b"\x85",
        b"N(\x85",
        b"N(0b",
        b"t",
        b"e",
        b"]Ne",
        b"h\x07",
        b"R",
        b"NNR",
        b"b",
        b"s",
        b"}Ns",
        b"}(Nu",
    ] {
        assert_eq!(refusal(legacy(pickle, &[])).code, ErrorCode::WeightsCorrupt, "{pickle:?}");
    }
}

/// A zip archive of stored entries. With `wide`, all that can be said in 64 bits is.
fn zip(entries: &[(&str, &[u8])], wide: bool) -> Vec<u8> {
    const FULL: u32 = u32::MAX;
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in entries {
        let (at, size) = (bytes.len() as u64, content.len() as u64);
        let narrow = |number: u64| if wide { FULL } else { number as u32 }.to_le_bytes();
        let extra = if wide {
            // Another field comes first.
            [&[0x46, 0x42, 1, 0, 0, 1, 0, 24, 0][..], &size.to_le_bytes(), &size.to_le_bytes(), &at.to_le_bytes()]
                .concat()
        } else {
            Vec::new()
        };
        let length = (name.len() as u16).to_le_bytes();
        bytes.extend([&b"PK\x03\x04"[..], &[0; 22], &length, &[0; 2], name.as_bytes(), content].concat());
        let extra_length = (extra.len() as u16).to_le_bytes();
        directory.extend(
            [&b"PK\x01\x02"[..], &[0; 16], &narrow(size), &narrow(size), &length, &extra_length, &[0; 10]].concat(),
        );
        directory.extend([&narrow(at)[..], name.as_bytes(), &extra].concat());
    }
    let (count, start) = (entries.len() as u64, bytes.len() as u64);
    bytes.extend(&directory);
    let size = directory.len() as u64;
    if wide {
        let at = bytes.len() as u64;
        bytes.extend(
            [&b"PK\x06\x06"[..], &44u64.to_le_bytes(), &[0; 12], &count.to_le_bytes(), &count.to_le_bytes()].concat(),
        );
        bytes.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
        bytes.extend([&b"PK\x06\x07"[..], &[0; 4], &at.to_le_bytes(), &1u32.to_le_bytes()].concat());
    }
    let (count, start) = if wide { (u16::MAX, FULL) } else { (count as u16, start as u32) };
    bytes.extend([&b"PK\x05\x06"[..], &[0; 4], &count.to_le_bytes(), &count.to_le_bytes()].concat());
    bytes.extend([&(size as u32).to_le_bytes()[..], &start.to_le_bytes(), &[0; 2]].concat());
    bytes
}

#[test]
fn zip_archives_with_sizes_of_64_bits_are_read_and_lies_refused() {
    let pickle = [b"\x80\x02}".to_vec(), tensor("x", 2, 0, &[2], &[1]), b".".to_vec()].concat();
    let data: &[u8] = &[0, 0, 128, 63, 0, 0, 0, 64];
    let entries: &[(&str, &[u8])] = &[("a/data.pkl", &pickle), ("a/data/0", data), ("a/byteorder", b"little")];
    for wide in [false, true] {
        assert_eq!(TensorFile::open(zip(entries, wide)).unwrap().take("x").unwrap(), [1.0, 2.0], "{wide}");
        corrupt(zip(&[entries, entries].concat(), wide), "two entries");
        corrupt(zip(&entries[..1], wide), "is missing");
        corrupt(zip(&[entries[0], ("a/data/0", &data[..7])], wide), "shorter than it should be");
        let big = refusal(zip(&[entries[0], entries[1], ("a/byteorder", b"big")], wide));
        assert!(big.message.contains("big-endian"), "{big}");
        // Any eight bytes of it, as large as can be.
        let whole = zip(entries, wide);
        for at in 0..whole.len() - 8 {
            let mut lying = whole.clone();
            lying[at..at + 8].fill(0xff);
            let _ = TensorFile::open(lying);
        }
    }
}
