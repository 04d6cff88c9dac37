//! Eight `f64` at a time on whatever the CPU offers, with the same bits everywhere.
//!
//! Only single additions, subtractions, multiplications and divisions are used, which IEEE 754
//! rounds in one way, and never a fused multiply-add. A sum over bins always runs in eight lanes
//! that are added up by [`Block::sum`], so the vector units change the speed and nothing else.
#![expect(
    unsafe_code,
    reason = "vector instructions may run only after the CPU was asked for them, which Isa ensures"
)]

use std::ops::{Add, Div, Mul, Sub};

/// Number of lanes.
pub(crate) const LANES: usize = 8;

/// Eight values in memory, one cache line.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub(crate) struct Block(pub(crate) [f64; LANES]);

impl Block {
    /// The sum of the lanes in one fixed order.
    pub(crate) fn sum(&self) -> f64 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}

/// Eight values in registers.
pub(crate) trait Lanes:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    fn splat(x: f64) -> Self;
    fn load(from: &Block) -> Self;
    fn store(self, to: &mut Block);
}

/// Work that is written once for all vector units. `run` must be `#[inline(always)]`.
pub(crate) trait Task {
    type Output;
    fn run<V: Lanes>(self) -> Self::Output;
}

/// A set of vector instructions that this CPU was found to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Isa(Kind);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Isa {
    /// All that this CPU has, the slowest first. Never empty.
    pub(crate) fn available() -> Vec<Self> {
        #[cfg_attr(not(target_arch = "x86_64"), expect(unused_mut, reason = "one kind only"))]
        let mut kinds = vec![Self(Kind::Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2") {
                kinds.push(Self(Kind::Avx2));
            }
            if is_x86_feature_detected!("avx512f") {
                kinds.push(Self(Kind::Avx512));
            }
        }
        kinds
    }

    /// The fastest that this CPU has.
    pub(crate) fn best() -> Self {
        Self::available().pop().unwrap_or(Self(Kind::Portable))
    }

    /// Runs `task` with these instructions.
    pub(crate) fn run<T: Task>(self, task: T) -> T::Output {
        match self.0 {
            Kind::Portable => task.run::<Portable>(),
            // SAFETY: an `Isa` of this kind is made only after the CPU was found to have it.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2 => unsafe { x86::run_avx2(task) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Kind::Avx512 => unsafe { x86::run_avx512(task) },
        }
    }
}

/// Plain arrays, for every CPU.
#[derive(Clone, Copy)]
struct Portable([f64; LANES]);

macro_rules! portable {
    ($op:ident, $method:ident) => {
        impl $op for Portable {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(std::array::from_fn(|i| self.0[i].$method(other.0[i])))
            }
        }
    };
}
portable!(Add, add);
portable!(Sub, sub);
portable!(Mul, mul);
portable!(Div, div);

impl Lanes for Portable {
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self([x; LANES])
    }
    #[inline(always)]
    fn load(from: &Block) -> Self {
        Self(from.0)
    }
    #[inline(always)]
    fn store(self, to: &mut Block) {
        to.0 = self.0;
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    #[target_feature(enable = "avx2")]
    pub(super) fn run_avx2<T: Task>(task: T) -> T::Output {
        task.run::<Avx2>()
    }

    #[target_feature(enable = "avx512f")]
    pub(super) fn run_avx512<T: Task>(task: T) -> T::Output {
        task.run::<Avx512>()
    }

    /// Two registers of four lanes. Values are made only below `run_avx2`.
    #[derive(Clone, Copy)]
    pub(super) struct Avx2(__m256d, __m256d);

    /// One register of eight lanes. Values are made only below `run_avx512`.
    #[derive(Clone, Copy)]
    pub(super) struct Avx512(__m512d);

    macro_rules! operator {
        ($op:ident, $method:ident, $four:ident, $eight:ident) => {
            impl $op for Avx2 {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    // SAFETY: runs only below `run_avx2`.
                    unsafe { Self($four(self.0, other.0), $four(self.1, other.1)) }
                }
            }
            impl $op for Avx512 {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    // SAFETY: runs only below `run_avx512`.
                    unsafe { Self($eight(self.0, other.0)) }
                }
            }
        };
    }
    operator!(Add, add, _mm256_add_pd, _mm512_add_pd);
    operator!(Sub, sub, _mm256_sub_pd, _mm512_sub_pd);
    operator!(Mul, mul, _mm256_mul_pd, _mm512_mul_pd);
    operator!(Div, div, _mm256_div_pd, _mm512_div_pd);

    impl Lanes for Avx2 {
        #[inline(always)]
        fn splat(x: f64) -> Self {
            // SAFETY: runs only below `run_avx2`.
            unsafe { Self(_mm256_set1_pd(x), _mm256_set1_pd(x)) }
        }
        #[inline(always)]
        fn load(from: &Block) -> Self {
            let p = from.0.as_ptr();
            // SAFETY: runs only below `run_avx2`; a block is eight values and 64-byte aligned, so both halves are four
            // values and 32-byte aligned.
            unsafe { Self(_mm256_load_pd(p), _mm256_load_pd(p.add(4))) }
        }
        #[inline(always)]
        fn store(self, to: &mut Block) {
            let p = to.0.as_mut_ptr();
            // SAFETY: as in `load`, and `to` is borrowed for writing.
            unsafe {
                _mm256_store_pd(p, self.0);
                _mm256_store_pd(p.add(4), self.1);
            }
        }
    }

    impl Lanes for Avx512 {
        #[inline(always)]
        fn splat(x: f64) -> Self {
            // SAFETY: runs only below `run_avx512`.
            unsafe { Self(_mm512_set1_pd(x)) }
        }
        #[inline(always)]
        fn load(from: &Block) -> Self {
            // SAFETY: runs only below `run_avx512`; a block is eight values and 64-byte aligned.
            unsafe { Self(_mm512_load_pd(from.0.as_ptr())) }
        }
        #[inline(always)]
        fn store(self, to: &mut Block) {
            // SAFETY: as in `load`, and `to` is borrowed for writing.
            unsafe { _mm512_store_pd(to.0.as_mut_ptr(), self.0) }
        }
    }
}
