//! Other inputs from known ones.

use fastrand::Rng;

/// Numbers at which code is wrong more often than elsewhere, as texts write them.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "1",
    "127",
    "128",
    "255",
    "65536",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e309",
    "-0.0",
];

/// One of the seeds, changed in one to eight places; now and then of two seeds.
pub(crate) fn bytes(rng: &mut Rng, seeds: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut input = pick(rng, seeds);
    for _ in 0..1 << rng.u32(0..4) {
        if rng.u8(..) < 24 {
            let other = pick(rng, seeds);
            splice(rng, &mut input, &other);
        } else {
            change(rng, &mut input, words);
        }
    }
    input
}

/// One of the seeds; without any, a few random bytes.
pub(crate) fn pick(rng: &mut Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    match rng.choice(seeds) {
        Some(seed) => seed.clone(),
        None => random(rng, 64),
    }
}

/// Up to so many random bytes.
pub(crate) fn random(rng: &mut Rng, at_most: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.usize(..=at_most)];
    rng.fill(&mut bytes);
    bytes
}

/// The end of one behind the beginning of the other.
fn splice(rng: &mut Rng, input: &mut Vec<u8>, other: &[u8]) {
    input.truncate(rng.usize(..=input.len()));
    input.extend_from_slice(&other[rng.usize(..=other.len())..]);
}

fn change(rng: &mut Rng, input: &mut Vec<u8>, words: &[&str]) {
    let (from, to) = range(rng, input.len());
    match rng.u8(..10) {
        0 => drop(input.drain(from..to)),
        1 => {
            let copy = input[from..to].to_vec();
            input.splice(to..to, copy);
        }
        2 => {
            let copy = input[from..to].to_vec();
            let at = rng.usize(..=input.len());
            input.splice(at..at, copy);
        }
        3 => repeat(rng, input, from, to),
        4 if !input.is_empty() => {
            let at = rng.usize(..input.len());
            input[at] ^= 1 << rng.u8(..8);
        }
        5 if !input.is_empty() => {
            let at = rng.usize(..input.len());
            input[at] = rng.u8(..);
        }
        6 => drop(input.splice(from..to, random(rng, 8))),
        7 => put_number(rng, input),
        _ => {
            let word = rng.choice(words).copied().unwrap_or("\u{0}");
            let end = if rng.bool() { to } else { from };
            input.splice(from..end, word.bytes());
        }
    }
}

/// A range of a few bytes; of many now and then.
fn range(rng: &mut Rng, length: usize) -> (usize, usize) {
    let from = rng.usize(..=length);
    let longest = if rng.u8(..) < 32 { length } else { 16 };
    let to = from + rng.usize(..=longest.min(length - from));
    (from, to)
}

/// A part many times over: depth and size.
fn repeat(rng: &mut Rng, input: &mut Vec<u8>, from: usize, to: usize) {
    const LARGEST: usize = 1 << 20;
    let part = input[from..to].to_vec();
    let most = LARGEST.saturating_sub(input.len()) / part.len().max(1);
    let times = 1 << rng.u32(0..14);
    let times = rng.usize(..=most.min(times));
    input.splice(to..to, part.repeat(times));
}

/// Another number in the place of one.
fn put_number(rng: &mut Rng, input: &mut Vec<u8>) {
    let digits: Vec<usize> = (0..input.len())
        .filter(|at| input[*at].is_ascii_digit())
        .collect();
    let Some(from) = rng.choice(&digits).copied() else {
        return;
    };
    let rest = input[from..].iter().take_while(|byte| byte.is_ascii_digit());
    let to = from + rest.count();
    let number = rng.choice(NUMBERS).unwrap_or("0");
    input.splice(from..to, number.bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_generator_makes_the_same_inputs_and_another_one_others() {
        let seeds = [b"{\"number\": 12}".to_vec(), b"[workflows]".to_vec()];
        let make = |seed| {
            let mut rng = Rng::with_seed(seed);
            (0..200)
                .map(|_| bytes(&mut rng, &seeds, &["{", "]"]))
                .collect::<Vec<_>>()
        };
        assert_eq!(make(1), make(1));
        assert_ne!(make(1), make(2));
    }

    #[test]
    fn inputs_differ_and_stay_bounded() {
        let seeds = [b"0123456789".to_vec()];
        let mut rng = Rng::with_seed(7);
        let made: Vec<_> = (0..2_000).map(|_| bytes(&mut rng, &seeds, &["x"])).collect();
        let unchanged = made.iter().filter(|input| **input == seeds[0]).count();
        assert!(unchanged < 400, "{unchanged} of 2000 are the seed itself");
        let longest = made.iter().map(Vec::len).max();
        assert!(longest < Some(8 << 20), "{longest:?}");
    }

    #[test]
    fn without_seeds_there_are_inputs_too() {
        let mut rng = Rng::with_seed(7);
        let lengths: std::collections::BTreeSet<_> =
            (0..100).map(|_| bytes(&mut rng, &[], &[]).len()).collect();
        assert!(lengths.len() > 10);
    }
}
