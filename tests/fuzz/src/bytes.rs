//! WebAssembly as sections: enough to change a component where it counts, and to put another module into it.

use std::ops::Range;

/// How a component, and a module, begins: magic, version, layer.
const HEAD_BYTES: usize = 8;

/// The section of a component that holds a core module.
pub(crate) const CORE_MODULE: u8 = 1;
/// The section of a core module with its code.
pub(crate) const CODE: u8 = 10;
/// The section of a core module with what its memory begins with.
pub(crate) const DATA: u8 = 11;

/// The contents of all sections with this id, as places in `wasm`. None where it makes no sense any more.
pub(crate) fn sections(wasm: &[u8], wanted: u8) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = HEAD_BYTES;
    while let Some(id) = wasm.get(at) {
        let Some((length, begin)) = number(wasm, at + 1) else {
            break;
        };
        let Some(end) = begin.checked_add(length).filter(|end| *end <= wasm.len()) else {
            break;
        };
        if *id == wanted {
            found.push(begin..end);
        }
        at = end;
    }
    found
}

/// The largest of the sections with this id.
pub(crate) fn largest(wasm: &[u8], wanted: u8) -> Option<Range<usize>> {
    sections(wasm, wanted).into_iter().max_by_key(Range::len)
}

/// `component` with another core module in the place of the one at `old`.
pub(crate) fn with_module(component: &[u8], old: &Range<usize>, module: &[u8]) -> Vec<u8> {
    let size = old.end - old.start;
    let before = old.start - written(size).len();
    let mut made = component[..before].to_vec();
    made.extend(written(module.len()));
    made.extend_from_slice(module);
    made.extend_from_slice(&component[old.end..]);
    made
}

/// An unsigned LEB128 number, and where what follows it begins.
fn number(wasm: &[u8], at: usize) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (place, byte) in wasm.get(at..)?.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((value, at + place + 1));
        }
    }
    None
}

/// The number as it is written shortest.
fn written(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_found() {
        let component = [&b"\0asm\x0d\0\x01\0"[..], &[0, 1, 9, 1, 3, 7, 7, 7, 1, 1, 5]].concat();
        let found: Vec<&[u8]> = sections(&component, CORE_MODULE)
            .into_iter()
            .map(|place| &component[place])
            .collect();
        assert_eq!(found, [&[7, 7, 7][..], &[5]]);
        assert_eq!(largest(&component, CORE_MODULE), Some(13..16));
    }

    #[test]
    fn numbers_have_up_to_five_bytes() {
        assert_eq!(number(&[0xe5, 0x8e, 0x26], 0), Some((624_485, 3)));
        assert_eq!(number(&[0x80, 0x80], 0), None);
    }

    #[test]
    fn a_module_takes_the_place_of_another() {
        let component = [&b"\0asm\x0d\0\x01\0"[..], &[0, 1, 9, 1, 3, 7, 7, 7, 2, 1, 5]].concat();
        let old = largest(&component, CORE_MODULE).unwrap();
        assert_eq!(component[old.clone()], [7, 7, 7]);
        let made = with_module(&component, &old, &[8; 200]);
        let new = largest(&made, CORE_MODULE).unwrap();
        assert_eq!(made[new], [8; 200]);
        assert_eq!(sections(&made, 2).len(), 1);
        assert_eq!(with_module(&component, &old, &[7, 7, 7]), component);
    }

    #[test]
    fn what_makes_no_sense_has_no_sections() {
        assert!(sections(b"\0asm", 1).is_empty());
        assert!(sections(b"\0asm\x0d\0\x01\0\x01\xff\xff\xff\xff\xff", 1).is_empty());
        assert!(sections(b"\0asm\x0d\0\x01\0\x01\x09abc", 1).is_empty());
    }
}
