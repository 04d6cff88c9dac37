//! Moré–Thuente line search (1994, *ACM Trans. Math. Softw.* 20:286).

/// Value and slope of the function at one step length.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) step: f64,
    pub(super) value: f64,
    pub(super) slope: f64,
}

impl Sample {
    /// The same sample of `f(step) - slope * step`.
    fn tilted(self, slope: f64) -> Self {
        Self { value: self.value - self.step * slope, slope: self.slope - slope, ..self }
    }
}

/// Sufficient decrease, curvature and bracket width at which the search ends, and the largest step.
const DECREASE: f64 = 1e-3;
const CURVATURE: f64 = 0.9;
const WIDTH: f64 = 0.1;
const MAX_STEP: f64 = 1e10;
/// How far beyond the last step an unbracketed search may go.
const EXTRAPOLATE: (f64, f64) = (1.1, 4.0);
/// A bracket must shrink to this part of itself within two trials.
const SHRINK: f64 = 0.66;

/// State of one search along a descent direction.
#[derive(Debug)]
pub(super) struct LineSearch {
    start: Sample,
    /// Best step so far, and the other end of the interval of uncertainty.
    best: Sample,
    other: Sample,
    bracketed: bool,
    /// Whether the auxiliary function of the first stage is still in use.
    first_stage: bool,
    width: f64,
    width_before: f64,
    low: f64,
    high: f64,
}

/// What to do after a trial.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Next {
    /// Accept the trial.
    Accept,
    /// Try this step.
    Try(f64),
}

impl LineSearch {
    /// A search from the value and (negative) slope at zero whose first trial will be `first_step`.
    pub(super) fn new(value: f64, slope: f64, first_step: f64) -> Self {
        let start = Sample { step: 0.0, value, slope };
        Self {
            start,
            best: start,
            other: start,
            bracketed: false,
            first_stage: true,
            width: MAX_STEP,
            width_before: 2.0 * MAX_STEP,
            low: 0.0,
            high: first_step + EXTRAPOLATE.1 * first_step,
        }
    }

    /// Judges a trial.
    pub(super) fn next(&mut self, trial: Sample) -> Next {
        let descent = DECREASE * self.start.slope;
        let enough = trial.value <= self.start.value + trial.step * descent;
        if self.first_stage && enough && trial.slope >= 0.0 {
            self.first_stage = false;
        }
        let outside = trial.step <= self.low || trial.step >= self.high;
        let stuck = self.bracketed && (outside || self.is_narrow());
        let at_limit = trial.step >= MAX_STEP && enough && trial.slope <= descent;
        let flat = trial.slope.abs() <= CURVATURE * -self.start.slope;
        if stuck || at_limit || (enough && flat) {
            return Next::Accept;
        }
        let step = if self.first_stage && trial.value <= self.best.value && !enough {
            self.best = self.best.tilted(descent);
            self.other = self.other.tilted(descent);
            let step = self.update(trial.tilted(descent));
            self.best = self.best.tilted(-descent);
            self.other = self.other.tilted(-descent);
            step
        } else {
            self.update(trial)
        };
        Next::Try(self.safeguard(step))
    }

    fn is_narrow(&self) -> bool {
        self.high - self.low <= WIDTH * self.high
    }

    /// Forces the bracket to shrink and sets the range of the trial after the next one.
    fn safeguard(&mut self, step: f64) -> f64 {
        let (best, other) = (self.best.step, self.other.step);
        let mut step = step;
        if self.bracketed {
            let width = (other - best).abs();
            if width >= SHRINK * self.width_before {
                step = best + 0.5 * (other - best);
            }
            self.width_before = self.width;
            self.width = width;
            (self.low, self.high) = (best.min(other), best.max(other));
        } else {
            self.low = step + EXTRAPOLATE.0 * (step - best);
            self.high = step + EXTRAPOLATE.1 * (step - best);
        }
        step = step.clamp(0.0, MAX_STEP);
        let outside = step <= self.low || step >= self.high;
        if self.bracketed && (outside || self.is_narrow()) { best } else { step }
    }

    /// Interpolates the next step and moves the interval of uncertainty.
    fn update(&mut self, trial: Sample) -> f64 {
        let best = self.best;
        let turned = trial.slope * best.slope.signum() < 0.0;
        let step = if trial.value > best.value {
            self.bracketed = true;
            after_rise(best, trial)
        } else if turned {
            self.bracketed = true;
            let (cubic, secant) = (cubic_towards(trial, best), secant_towards(trial, best));
            farther(trial.step, cubic, secant)
        } else if trial.slope.abs() < best.slope.abs() {
            self.after_flattening(trial)
        } else if self.bracketed {
            cubic_towards(trial, self.other)
        } else {
            self.far_end(trial)
        };
        if trial.value > best.value {
            self.other = trial;
        } else {
            if turned {
                self.other = best;
            }
            self.best = trial;
        }
        step
    }

    fn far_end(&self, trial: Sample) -> f64 {
        if trial.step > self.best.step { self.high } else { self.low }
    }

    /// Lower value, slope of the same sign but smaller: the cubic counts only if it tends to infinity along the step.
    fn after_flattening(&self, trial: Sample) -> f64 {
        let best = self.best;
        let theta = cubic_theta(best, trial);
        let scale = theta.abs().max(best.slope.abs()).max(trial.slope.abs());
        let inner = (theta / scale).powi(2) - (best.slope / scale) * (trial.slope / scale);
        let root = scale * inner.max(0.0).sqrt();
        let gamma = if trial.step > best.step { -root } else { root };
        let ratio =
            ((gamma - trial.slope) + theta) / ((gamma + (best.slope - trial.slope)) + gamma);
        let cubic = if ratio < 0.0 && gamma != 0.0 {
            trial.step + ratio * (best.step - trial.step)
        } else {
            self.far_end(trial)
        };
        let secant = secant_towards(trial, best);
        if !self.bracketed {
            return farther(trial.step, cubic, secant).clamp(self.low, self.high);
        }
        let nearer =
            if (cubic - trial.step).abs() < (secant - trial.step).abs() { cubic } else { secant };
        let limit = trial.step + SHRINK * (self.other.step - trial.step);
        if trial.step > best.step { nearer.min(limit) } else { nearer.max(limit) }
    }
}

/// Higher value: between the minimisers of the cubic and of the parabola, nearer to the best step.
fn after_rise(best: Sample, trial: Sample) -> f64 {
    let length = trial.step - best.step;
    let cubic = cubic_towards(best, trial);
    let chord = (best.value - trial.value) / length;
    let parabola = best.step + best.slope / (chord + best.slope) / 2.0 * length;
    if (cubic - best.step).abs() < (parabola - best.step).abs() {
        cubic
    } else {
        cubic + (parabola - cubic) / 2.0
    }
}

fn cubic_theta(from: Sample, to: Sample) -> f64 {
    3.0 * (from.value - to.value) / (to.step - from.step) + from.slope + to.slope
}

/// Minimiser of the cubic through two samples, as a move from `from` towards `to`.
fn cubic_towards(from: Sample, to: Sample) -> f64 {
    let theta = cubic_theta(from, to);
    let scale = theta.abs().max(from.slope.abs()).max(to.slope.abs());
    let inner = (theta / scale).powi(2) - (from.slope / scale) * (to.slope / scale);
    let root = scale * inner.max(0.0).sqrt();
    let gamma = if to.step < from.step { -root } else { root };
    let ratio = ((gamma - from.slope) + theta) / (((gamma - from.slope) + gamma) + to.slope);
    from.step + ratio * (to.step - from.step)
}

/// Zero of the line through two slopes, as a move from `from` towards `to`.
fn secant_towards(from: Sample, to: Sample) -> f64 {
    from.step + from.slope / (from.slope - to.slope) * (to.step - from.step)
}

fn farther(from: f64, a: f64, b: f64) -> f64 {
    if (a - from).abs() > (b - from).abs() { a } else { b }
}
