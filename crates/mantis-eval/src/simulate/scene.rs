//! One history of prices with the miners that act on it.

use super::path::MinutePath;
use super::rows::{Rows, Span};
use super::{ME, Ranked, Standing};
use crate::Result;
use crate::competitors::{Competitor, Market};
use crate::metrics::count;
use crate::score::{Declined, EmbeddingMatrix, ScoringProfile, apply_clusters, score_binary};
use crate::workers::Progress;
use ndarray::s;
use std::ops::Range;

/// The rows of the validator for the user and all competitors.
pub(super) struct Scene {
    names: Vec<String>,
    families: Vec<String>,
    rows: Rows,
}

/// What the validator pays in a part of a scene.
pub(super) struct Scored {
    /// Largest share first.
    pub(super) ranking: Vec<Ranked>,
    pub(super) declined: Option<Declined>,
    pub(super) rows: usize,
}

impl Scene {
    pub(super) fn new(
        market: &Market<'_>,
        path: &MinutePath,
        span: Span,
        competitors: &[Competitor],
    ) -> Result<Self> {
        let mut names = vec![ME.to_owned()];
        let mut families = vec!["this model".to_owned()];
        let mut streams = vec![market.mine.to_vec()];
        for competitor in competitors {
            names.push(competitor.name.clone());
            families.push(competitor.family.label());
            streams.push(competitor.embeddings(market)?);
        }
        Ok(Self { names, families, rows: Rows::new(span, path, &streams)? })
    }

    /// The ranking over the rows within a range of minutes of the span.
    pub(super) fn score(
        &self,
        minutes: Range<usize>,
        profile: &ScoringProfile,
        threads: usize,
        progress: Progress<'_>,
    ) -> Result<Scored> {
        let row_at = |minute: usize| self.rows.minutes.partition_point(|&m| m < minute);
        let kept = row_at(minutes.start)..row_at(minutes.end);
        let values = self.rows.embeddings.slice(s![kept.clone(), ..]);
        let matrix = EmbeddingMatrix::new(&self.names, 2, values)?;
        let returns = &self.rows.returns[kept];
        let outcome = score_binary(&matrix, returns, &profile.binary, threads, progress)?;
        let shares = outcome.salience.into_iter().collect();
        let shares = apply_clusters(&matrix, &shares, &profile.clusters, threads)?;
        let share_of = |name: &String| shares.get(name).copied().unwrap_or(0.0);
        let mut ranking: Vec<Ranked> = self
            .names
            .iter()
            .zip(&self.families)
            .map(|(name, family)| Ranked {
                name: name.clone(),
                family: family.clone(),
                share: share_of(name),
                rank: 1 + self.names.iter().filter(|h| share_of(h) > share_of(name)).count(),
            })
            .collect();
        ranking.sort_by_key(|r| r.rank);
        Ok(Scored { ranking, declined: outcome.declined, rows: returns.len() })
    }
}

impl Scored {
    /// Share of a miner; 0 for one that is not there.
    pub(super) fn share_of(&self, name: &str) -> f64 {
        self.ranking.iter().find(|r| r.name == name).map_or(0.0, |r| r.share)
    }

    /// Where the user stands.
    pub(super) fn standing(&self) -> Standing {
        let share = self.share_of(ME);
        let rank = 1 + self.ranking.iter().filter(|r| r.share > share).count();
        let others = self.ranking.len() - 1;
        let below = self.ranking.iter().filter(|r| r.share < share).count();
        let equal = self.ranking.iter().filter(|r| r.share == share).count() - 1;
        let percentile = match others {
            0 => 100.0,
            _ => 100.0 * (count(below) + 0.5 * count(equal)) / count(others),
        };
        Standing { share, rank, percentile }
    }
}
