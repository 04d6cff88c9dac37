//! Centre frequencies before the first sweep.

use rand::Rng;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{Init, VmdParams};

/// Initial centre frequencies (cycles per sample) for a signal of `len` samples.
pub(crate) fn centre_frequencies(params: &VmdParams, len: usize) -> Vec<f64> {
    let k = params.k;
    let mut centres = match params.init {
        Init::Zero => vec![0.0; k],
        Init::Uniform => (0..k).map(|i| 0.5 / k as f64 * i as f64).collect(),
        Init::Random { seed } => {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let low = (1.0 / len as f64).ln();
            let span = 0.5_f64.ln() - low;
            let mut draws: Vec<f64> =
                (0..k).map(|_| (low + span * rng.gen_range(0.0..1.0)).exp()).collect();
            draws.sort_by(f64::total_cmp);
            draws
        }
    };
    if params.dc {
        centres[0] = 0.0;
    }
    centres
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_follow_the_rule() {
        let uniform = VmdParams { k: 4, ..VmdParams::default() };
        assert_eq!(centre_frequencies(&uniform, 64), [0.0, 0.125, 0.25, 0.375]);
        let zero = VmdParams { init: Init::Zero, ..uniform.clone() };
        assert_eq!(centre_frequencies(&zero, 64), [0.0; 4]);
    }

    #[test]
    fn random_start_is_seeded_sorted_and_in_range() {
        let params = VmdParams { init: Init::Random { seed: 7 }, ..VmdParams::default() };
        let a = centre_frequencies(&params, 256);
        assert_eq!(a, centre_frequencies(&params, 256));
        assert!(a.windows(2).all(|p| p[0] <= p[1]));
        assert!(a.iter().all(|w| (1.0 / 256.0..=0.5).contains(w)));
        let other = VmdParams { init: Init::Random { seed: 8 }, ..params.clone() };
        assert_ne!(a, centre_frequencies(&other, 256));
        assert_eq!(centre_frequencies(&VmdParams { dc: true, ..params }, 256)[0], 0.0);
    }
}
