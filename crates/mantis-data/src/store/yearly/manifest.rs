//! What a data set holds and where it came from.

use serde::{Deserialize, Serialize};

use crate::range::{RangeSet, TimeRange};
use crate::time::Timestamp;

/// Version of the layout that this code writes.
pub(super) const FORMAT: u32 = 1;

/// The list of the files of a data set and of the pieces that they were made of. It is replaced at once, and
/// a file counts only if it is listed, so that a kill at any moment leaves the state before or after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of the layout.
    pub format: u32,
    /// The data set, as `BTCUSDT/bars_1h`.
    pub dataset: String,
    /// The files, one a calendar year, in order.
    pub years: Vec<YearFile>,
    /// What was fetched, in order of time.
    pub pieces: Vec<Piece>,
}

/// One file of a data set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YearFile {
    /// The calendar year (UTC) of its rows.
    pub year: i32,
    /// Name of the file: year and the first digits of its hash.
    pub file: String,
    /// SHA-256 of the file in hex.
    pub sha256: String,
    /// Size of the file.
    pub bytes: u64,
    /// Number of rows.
    pub rows: usize,
    /// First stamp.
    #[serde(with = "crate::time::text")]
    pub first: Timestamp,
    /// Last stamp.
    #[serde(with = "crate::time::text")]
    pub last: Timestamp,
}

/// A stretch of time for which a source was asked and has answered, with rows or with none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// The stretch.
    #[serde(flatten)]
    pub range: TimeRange,
    /// Name of the source, such as `binance-archive`.
    pub source: String,
    /// The archive file; `None` for an answer of an API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// SHA-256 that the source published for the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Number of rows in the answer.
    pub rows: usize,
    /// When it was fetched.
    #[serde(with = "crate::time::text")]
    pub fetched_at: Timestamp,
}

impl Manifest {
    pub(super) fn new(dataset: String) -> Self {
        Self { format: FORMAT, dataset, years: Vec::new(), pieces: Vec::new() }
    }

    /// The time for which sources were asked and have answered.
    #[must_use]
    pub fn coverage(&self) -> RangeSet {
        self.pieces.iter().map(|piece| piece.range).collect()
    }

    /// The part of `range` that has to be fetched.
    #[must_use]
    pub fn missing(&self, range: TimeRange) -> RangeSet {
        self.coverage().missing_in(range)
    }

    /// Number of rows, as far as the manifest is to be believed.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.years.iter().map(|year| year.rows).fold(0, usize::saturating_add)
    }

    /// First stamp.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        self.years.first().map(|year| year.first)
    }

    /// Last stamp.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.years.last().map(|year| year.last)
    }

    pub(super) fn put_year(&mut self, file: YearFile) -> Option<YearFile> {
        match self.years.binary_search_by_key(&file.year, |have| have.year) {
            Ok(at) => Some(std::mem::replace(&mut self.years[at], file)),
            Err(at) => {
                self.years.insert(at, file);
                None
            }
        }
    }

    /// Adds a piece; those that it makes redundant go, and answers of an API that touch become one.
    pub(super) fn put_piece(&mut self, mut piece: Piece) {
        self.pieces.retain(|have| {
            let inside =
                piece.range.from <= have.range.from && have.range.until <= piece.range.until;
            let alike = piece.origin.is_none()
                && have.origin.is_none()
                && have.source == piece.source
                && have.range.from <= piece.range.until
                && piece.range.from <= have.range.until;
            if alike && !inside {
                // Overlapping rows would count twice, so only what touches adds up.
                let touches = have.range.intersect(piece.range).is_empty();
                piece.rows = if touches {
                    piece.rows.saturating_add(have.rows)
                } else {
                    piece.rows.max(have.rows)
                };
                piece.range.from = piece.range.from.min(have.range.from);
                piece.range.until = piece.range.until.max(have.range.until);
                piece.fetched_at = piece.fetched_at.max(have.fetched_at);
            }
            !inside && !alike
        });
        let key = |piece: &Piece| (piece.range, piece.source.clone(), piece.origin.clone());
        let at = self.pieces.partition_point(|have| key(have) < key(&piece));
        self.pieces.insert(at, piece);
    }

    /// Forgets that a stretch was fetched.
    pub(super) fn uncover(&mut self, range: TimeRange) {
        let cut = |piece: &Piece| {
            let before = TimeRange::new(piece.range.from, piece.range.until.min(range.from));
            let after = TimeRange::new(piece.range.from.max(range.until), piece.range.until);
            [before, after].map(|range| Piece { range, ..piece.clone() })
        };
        let kept = self.pieces.iter().flat_map(cut).filter(|piece| !piece.range.is_empty());
        self.pieces = kept.collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(from: i64, until: i64, origin: Option<&str>) -> Piece {
        Piece {
            range: TimeRange::new(Timestamp::from_micros(from), Timestamp::from_micros(until)),
            source: "x".to_owned(),
            origin: origin.map(str::to_owned),
            sha256: None,
            rows: (until - from) as usize,
            fetched_at: Timestamp::default(),
        }
    }

    #[test]
    fn pieces_of_an_api_grow_together_and_archives_replace_them() {
        let mut manifest = Manifest::new("A/funding_rate".to_owned());
        for (from, until) in [(20, 30), (0, 10), (10, 20)] {
            manifest.put_piece(piece(from, until, None));
        }
        assert_eq!(manifest.pieces, [piece(0, 30, None)]);
        manifest.put_piece(piece(30, 40, Some("a.zip")));
        assert_eq!(manifest.pieces.len(), 2);
        manifest.put_piece(piece(0, 50, Some("b.zip")));
        assert_eq!(manifest.pieces, [piece(0, 50, Some("b.zip"))]);
    }

    #[test]
    fn an_uncovered_stretch_is_missing_again() {
        let mut manifest = Manifest::new("A/funding_rate".to_owned());
        manifest.put_piece(piece(0, 30, None));
        let gap = piece(10, 20, None).range;
        manifest.uncover(gap);
        assert_eq!(manifest.missing(piece(0, 30, None).range).ranges(), [gap]);
    }
}
