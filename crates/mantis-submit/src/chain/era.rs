//! How long a signed transaction stays valid.

/// Blocks during which a transaction can be included, from its birth block on.
///
/// ```
/// use mantis_submit::chain::Era;
///
/// let era = Era::mortal(128, 1_000);
/// assert_eq!(era.birth_block(), 1_000);
/// assert_eq!(era.period(), 128);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Era {
    period: u64,
    phase: u64,
    birth: u64,
}

impl Era {
    const MIN_PERIOD: u64 = 4;
    const MAX_PERIOD: u64 = 1 << 16;

    /// An era that starts at `current`, or up to `period / 4096` blocks before for long periods;
    /// `period` in blocks, raised to a power of two from 4 to 65536.
    #[must_use]
    pub fn mortal(period: u64, current: u64) -> Self {
        let period = period.clamp(Self::MIN_PERIOD, Self::MAX_PERIOD).next_power_of_two();
        let quantum = Self::quantum(period);
        let phase = current % period / quantum * quantum;
        let birth = current.max(phase).saturating_sub(phase) / period * period + phase;
        Self { period, phase, birth }
    }

    /// Number of blocks.
    #[must_use]
    pub const fn period(&self) -> u64 {
        self.period
    }

    /// The block whose hash is signed.
    #[must_use]
    pub const fn birth_block(&self) -> u64 {
        self.birth
    }

    /// The two bytes that stand for it: the period's logarithm, less one, in the lowest four bits
    /// and the phase above.
    pub(crate) fn bytes(&self) -> [u8; 2] {
        let exponent = (u64::from(self.period.trailing_zeros()) - 1).clamp(1, 15);
        let code = exponent | (self.phase / Self::quantum(self.period)) << 4;
        [(code & 0xff) as u8, (code >> 8) as u8]
    }

    /// Phases are counted in units of this, so that they fit into twelve bits.
    fn quantum(period: u64) -> u64 {
        (period >> 12).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_encodings() {
        // From signed transactions of the golden files.
        assert_eq!(Era::mortal(128, 1_000).bytes(), [0x86, 0x06]);
        assert_eq!(Era::mortal(128, 4_000_017).bytes(), [0x16, 0x01]);
        assert_eq!(Era::mortal(64, 7_777_777).bytes(), [0x15, 0x03]);
    }

    #[test]
    fn the_birth_block_is_the_current_one_or_just_before() {
        for period in [1, 4, 100, 128, 4_096, 65_536, 1 << 20] {
            for current in (0..300_000).step_by(997) {
                let era = Era::mortal(period, current);
                assert!(era.birth_block() <= current, "{period} {current}");
                assert!(
                    current - era.birth_block() < (era.period() / 4_096).max(1),
                    "{period} {current}"
                );
                assert!(era.period().is_power_of_two() && era.bytes()[0] & 15 != 0);
            }
        }
    }
}
