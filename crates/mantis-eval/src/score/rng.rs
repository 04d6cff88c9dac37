//! The random block starts of the validator's bootstrap.
//!
//! The validator draws them with NumPy's default generator. Another generator would move the
//! scores by 0.01 to 0.1, so its three parts are rebuilt here: the seed hash (`SeedSequence`),
//! PCG64 in its XSL-RR form (O'Neill, *PCG: a family of simple fast space-efficient
//! statistically good algorithms for random number generation*, 2014) and the bounded draw of
//! Lemire (*Fast random integer generation in an interval*, 2019). The crate `rand_pcg` has the second of them only.

const POOL_WORDS: usize = 4;
const INIT_A: u32 = 0x43b0_d7e5;
const MULT_A: u32 = 0x931e_8875;
const INIT_B: u32 = 0x8b51_f9dd;
const MULT_B: u32 = 0x58f3_8ded;
const MIX_L: u32 = 0xca01_f9dd;
const MIX_R: u32 = 0x4973_f715;
const PCG_MULTIPLIER: u128 = 0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645;

fn hash(value: u32, constant: &mut u32, multiplier: u32) -> u32 {
    let mixed = value ^ *constant;
    *constant = constant.wrapping_mul(multiplier);
    let mixed = mixed.wrapping_mul(*constant);
    mixed ^ (mixed >> 16)
}

fn mix(x: u32, y: u32) -> u32 {
    let mixed = MIX_L.wrapping_mul(x).wrapping_sub(MIX_R.wrapping_mul(y));
    mixed ^ (mixed >> 16)
}

/// The four 64-bit words that NumPy derives from an integer seed.
#[must_use]
pub fn seed_words(seed: u64) -> [u64; 4] {
    let bytes = seed.to_le_bytes();
    let mut entropy = [0u32; POOL_WORDS];
    for (word, four) in entropy.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = u32::from_le_bytes([four[0], four[1], four[2], four[3]]);
    }
    let mut constant = INIT_A;
    let mut pool = entropy.map(|word| hash(word, &mut constant, MULT_A));
    for source in 0..POOL_WORDS {
        for target in 0..POOL_WORDS {
            if source != target {
                let hashed = hash(pool[source], &mut constant, MULT_A);
                pool[target] = mix(pool[target], hashed);
            }
        }
    }
    let mut constant = INIT_B;
    let words: [u32; 2 * POOL_WORDS] =
        std::array::from_fn(|i| hash(pool[i % POOL_WORDS], &mut constant, MULT_B));
    std::array::from_fn(|i| u64::from(words[2 * i]) | (u64::from(words[2 * i + 1]) << 32))
}

/// NumPy's default generator: PCG64 (XSL-RR 128/64).
///
/// ```
/// use mantis_eval::score::Pcg64;
///
/// let mut generator = Pcg64::seed(42);
/// assert_eq!(generator.next_u64(), 14276969152011380360);
/// ```
#[derive(Debug, Clone)]
pub struct Pcg64 {
    state: u128,
    increment: u128,
    /// High half of the last output, not used yet.
    pending: Option<u32>,
}

impl Pcg64 {
    /// The generator of `numpy.random.default_rng(seed)`.
    #[must_use]
    pub fn seed(seed: u64) -> Self {
        let [a, b, c, d] = seed_words(seed).map(u128::from);
        let increment = (((c << 64) | d) << 1) | 1;
        let mut generator = Self { state: 0, increment, pending: None };
        generator.step();
        generator.state = generator.state.wrapping_add((a << 64) | b);
        generator.step();
        generator
    }

    fn step(&mut self) {
        self.state = self.state.wrapping_mul(PCG_MULTIPLIER).wrapping_add(self.increment);
    }

    /// The 128-bit state and increment.
    #[must_use]
    pub fn state(&self) -> (u128, u128) {
        (self.state, self.increment)
    }

    /// The next 64 random bits.
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a 128-bit state are wanted")]
    pub fn next_u64(&mut self) -> u64 {
        self.step();
        let folded = (self.state >> 64) as u64 ^ self.state as u64;
        folded.rotate_right((self.state >> 122) as u32)
    }

    /// The next 32 random bits: the low half of an output first, then its high half.
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a 64-bit output are wanted")]
    fn next_u32(&mut self) -> u32 {
        if let Some(high) = self.pending.take() {
            return high;
        }
        let output = self.next_u64();
        self.pending = Some((output >> 32) as u32);
        output as u32
    }

    /// A uniform draw from `0..bound` (`bound` at least 1).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the halves of a 64-bit product are wanted"
    )]
    fn below(&mut self, bound: u32) -> u32 {
        if bound <= 1 {
            return 0;
        }
        let mut product = u64::from(self.next_u32()) * u64::from(bound);
        if (product as u32) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u32) < threshold {
                product = u64::from(self.next_u32()) * u64::from(bound);
            }
        }
        (product >> 32) as u32
    }
}

/// The starts, in rising order, of the `max(1, rows / block)` blocks of one bootstrap replicate,
/// each in `0..=rows - block`; empty when `rows < block` or `block` is 0.
///
/// ```
/// use mantis_eval::score::block_starts;
///
/// assert_eq!(block_starts(15_880, 240, 120), [34, 109]);
/// ```
#[must_use]
pub fn block_starts(seed: u64, rows: usize, block: usize) -> Vec<usize> {
    let Some(last) = rows.checked_sub(block).filter(|_| block > 0) else {
        return Vec::new();
    };
    let Ok(bound) = u32::try_from(last + 1) else {
        return Vec::new();
    };
    let mut generator = Pcg64::seed(seed);
    let mut starts: Vec<usize> =
        (0..(rows / block).max(1)).map(|_| generator.below(bound) as usize).collect();
    starts.sort_unstable();
    starts
}
