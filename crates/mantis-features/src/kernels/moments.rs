//! Sliding variance and comoments.

use super::sums::Summed;

/// What is left of a sum of squares after cancellation is rounding noise below this share of the largest sum seen since the
/// last restart: such a window is flat.
const FLAT: f64 = 4e-14;

/// Mean, and sum of squared deviations from it; a flat window has exactly 0.
#[derive(Clone, Debug, Default)]
pub(crate) struct Variance {
    peak: f64,
}

impl Summed<1, 2, 2> for Variance {
    // What is left by rounding is taken for flat all the same.
    const EXACT_ZERO: bool = false;

    fn term([x]: [f64; 1], [anchor]: [f64; 1]) -> [f64; 2] {
        let d = x - anchor;
        [d, d * d]
    }

    fn restart(&mut self) {
        self.peak = 0.0;
    }

    fn result(&mut self, [s, ss]: [f64; 2], [anchor]: [f64; 1], _: [f64; 1], n: f64) -> [f64; 2] {
        self.peak = if ss > self.peak { ss } else { self.peak };
        let mean = s * (1.0 / n);
        let centred = ss - s * mean;
        [anchor + mean, if centred <= FLAT * self.peak { 0.0 } else { centred }]
    }
}

/// Centred sums of squares of both inputs and of their product.
#[derive(Clone, Debug, Default)]
pub(crate) struct Comoment {
    peaks: [f64; 2],
}

impl Summed<2, 5, 3> for Comoment {
    // What is left by rounding is taken for flat all the same.
    const EXACT_ZERO: bool = false;

    fn term([x, y]: [f64; 2], [ax, ay]: [f64; 2]) -> [f64; 5] {
        let (dx, dy) = (x - ax, y - ay);
        [dx, dy, dx * dx, dy * dy, dx * dy]
    }

    fn restart(&mut self) {
        self.peaks = [0.0; 2];
    }

    fn result(
        &mut self,
        [sx, sy, sxx, syy, sxy]: [f64; 5],
        _: [f64; 2],
        _: [f64; 2],
        n: f64,
    ) -> [f64; 3] {
        let larger = |a: f64, b: f64| if a > b { a } else { b };
        self.peaks = [larger(sxx, self.peaks[0]), larger(syy, self.peaks[1])];
        let centred = |square: f64, peak: f64| if square <= FLAT * peak { 0.0 } else { square };
        let (mx, my) = (sx * (1.0 / n), sy * (1.0 / n));
        [
            centred(sxx - sx * mx, self.peaks[0]),
            centred(syy - sy * my, self.peaks[1]),
            sxy - sx * my,
        ]
    }
}
