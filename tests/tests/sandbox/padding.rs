//! A component as large as one that brings an interpreter: a good one, and code that nobody calls.
//!
//! A component is a sequence of sections, so one more core module can be put behind the others. It is compiled like them.

/// `component` and a core module of at least `bytes` bytes of code.
pub(crate) fn padded(component: &[u8], bytes: usize) -> Vec<u8> {
    let module = module(bytes);
    let mut padded = component.to_vec();
    padded.push(CORE_MODULE);
    vector(&mut padded, &module);
    padded
}

/// The number of a component's section with a core module.
const CORE_MODULE: u8 = 1;

/// A core module with functions of `(i32, i32) -> i32` that compute, branch, loop, call each other and use memory. No two
/// are the same.
fn module(bytes: usize) -> Vec<u8> {
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    let mut total = 0;
    while total < bytes {
        let body = body(&mut random, bodies.len());
        total += body.len();
        bodies.push(body);
    }
    let mut module = b"\0asm\x01\0\0\0".to_vec();
    // One type: (i32, i32) -> i32.
    section(&mut module, 1, &[1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]);
    let mut types = Vec::new();
    unsigned(&mut types, bodies.len() as u64);
    types.resize(types.len() + bodies.len(), 0);
    section(&mut module, 3, &types);
    // One memory of one page.
    section(&mut module, 5, &[1, 0, 1]);
    let mut code = Vec::new();
    unsigned(&mut code, bodies.len() as u64);
    for body in &bodies {
        vector(&mut code, body);
    }
    section(&mut module, 10, &code);
    module
}

/// A function that can call those before it. Local 2 is what it computes, local 3 counts.
fn body(random: &mut Random, callees: usize) -> Vec<u8> {
    let mut body = vec![1, 2, 0x7f];
    for _ in 0..24 {
        match random.below(5) {
            0 => looping(&mut body, random),
            1 if callees > 0 => {
                // call f(local 2, const)
                body.extend([0x20, 2, 0x41]);
                signed(&mut body, random.next() as i32);
                body.push(0x10);
                unsigned(&mut body, random.below(callees as u64));
                body.extend([0x21, 2]);
            }
            2 => {
                // memory[local 2 & 0xfff + offset] = local 0; local 2 ^= memory[local 1 & 0xfff]
                body.extend([0x20, 2, 0x41, 0xff, 0x1f, 0x71, 0x20, 0, 0x36, 2]);
                unsigned(&mut body, random.below(4096) * 4);
                body.extend([
                    0x20, 1, 0x41, 0xff, 0x1f, 0x71, 0x28, 2, 0, 0x20, 2, 0x73, 0x21, 2,
                ]);
            }
            3 => {
                // if local 2 < const { compute } else { compute }
                body.extend([0x20, 2, 0x41]);
                signed(&mut body, random.next() as i32);
                body.extend([0x48, 0x04, 0x40]);
                compute(&mut body, random);
                body.push(0x05);
                compute(&mut body, random);
                body.push(0x0b);
            }
            _ => compute(&mut body, random),
        }
    }
    body.extend([0x20, 2, 0x0b]);
    body
}

/// `local 3 = n; loop { compute; local 3 -= 1; br_if local 3 }`
fn looping(body: &mut Vec<u8>, random: &mut Random) {
    body.push(0x41);
    signed(body, random.below(100) as i32);
    body.extend([0x21, 3, 0x03, 0x40]);
    compute(body, random);
    body.extend([0x20, 3, 0x41, 1, 0x6b, 0x22, 3, 0x0d, 0, 0x0b]);
}

/// `local 2 = local 2 op const op local 0 op …`
fn compute(body: &mut Vec<u8>, random: &mut Random) {
    // add, sub, mul, and, or, xor, shl, shr_s, shr_u, rotl
    const OPERATORS: [u8; 10] = [0x6a, 0x6b, 0x6c, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77];
    body.extend([0x20, 2]);
    for _ in 0..6 {
        body.push(0x41);
        signed(body, random.next() as i32);
        body.push(OPERATORS[random.below(10) as usize]);
        body.extend([0x20, random.below(2) as u8, OPERATORS[random.below(10) as usize]]);
    }
    body.extend([0x21, 2]);
}

fn section(module: &mut Vec<u8>, number: u8, content: &[u8]) {
    module.push(number);
    vector(module, content);
}

fn vector(out: &mut Vec<u8>, content: &[u8]) {
    unsigned(out, content.len() as u64);
    out.extend(content);
}

/// LEB128.
fn unsigned(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Signed LEB128.
fn signed(out: &mut Vec<u8>, mut value: i32) {
    while !(-64..64).contains(&value) {
        out.push(value as u8 & 0x7f | 0x80);
        value >>= 7;
    }
    out.push(value as u8 & 0x7f);
}

/// xorshift: the same every time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 8) % bound
    }
}
