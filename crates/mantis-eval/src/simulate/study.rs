//! Score, consistency, surrogates and copies of one model in one call.

use super::path::{MinutePath, sign_flip};
use super::rows::Span;
use super::scene::{Scene, Scored};
use super::{ME, PayReport, check_embeddings, check_interval, check_positive, minute_path};
use crate::competitors::{Competitor, Family, Market, TimedEmbedding};
use crate::ledger::BLOCKS_PER_ROW;
use crate::metrics::count;
use crate::score::{BinaryProfile, Declined, ScoringProfile};
use crate::workers::Progress;
use crate::{Error, Result};
use mantis_data::{Bars, Interval};
use serde::{Deserialize, Serialize};

const WHAT: &str = "study";

/// What a model says when it fails.
pub type ModelError = Box<dyn std::error::Error + Send + Sync>;

/// Rows before the first one that is scored: a first segment only trains, and the embargo follows it.
///
/// ```
/// use mantis_eval::score::BinaryProfile;
/// use mantis_eval::simulate::warm_up_rows;
///
/// assert_eq!(warm_up_rows(&BinaryProfile::default()), 4060);
/// ```
#[must_use]
pub fn warm_up_rows(profile: &BinaryProfile) -> usize {
    profile.chunk_size.saturating_add(profile.lag)
}

/// What [`study`] needs.
#[derive(Clone, Copy)]
pub struct StudyInput<'a> {
    /// Hourly bars. They end where the span ends, and start early enough for the competitors' fits (500 hours and a week
    /// before the first row).
    pub bars: &'a Bars,
    /// Real one-minute bars over the span; a seeded bridge between the hourly closes without them.
    pub minutes: Option<&'a Bars>,
    /// The user's embeddings on some bars, times rising. It is called again for every history with random signs.
    pub model: &'a dyn Fn(&Bars) -> std::result::Result<Vec<TimedEmbedding>, ModelError>,
    /// The other miners.
    pub competitors: &'a [Competitor],
    /// Rows that are scored; [`warm_up_rows`] are added before them.
    pub scored_rows: usize,
    /// Blocks over which the standing is followed.
    pub blocks: usize,
    /// At how many moments of these blocks it is looked at, at least 2.
    pub checks: usize,
    /// Histories with random signs, at least 1: a share says nothing without what chance earns.
    pub surrogates: usize,
    /// Whether copies of the user are scored too.
    pub copies: bool,
    /// Seed of the bridge and of the random signs.
    pub seed: u64,
    /// Constants of the scoring.
    pub profile: &'a ScoringProfile,
    /// Worker threads; the result does not depend on their number.
    pub threads: usize,
}

impl std::fmt::Debug for StudyInput<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StudyInput")
            .field("bars", &self.bars.name())
            .field("competitors", &self.competitors.len())
            .field("scored_rows", &self.scored_rows)
            .field("blocks", &self.blocks)
            .field("surrogates", &self.surrogates)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

/// Where the user stands.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Share of the challenge's pay.
    pub share: f64,
    /// Rank from 1.
    pub rank: usize,
    /// Competitors with a smaller share, equal ones counted half, in percent; 100 alone.
    pub percentile: f64,
}

/// The standing at several moments, oldest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Consistency {
    /// Blocks from the first to the last moment.
    pub blocks: usize,
    /// Every moment was scored with as many rows as the last one.
    pub standings: Vec<Standing>,
}

impl Consistency {
    /// Share of the moments with at least this percentile.
    #[must_use]
    pub fn reached(&self, percentile: f64) -> f64 {
        let reached = self.standings.iter().filter(|s| s.percentile >= percentile).count();
        count(reached) / count(self.standings.len().max(1))
    }

    /// Smallest percentile.
    #[must_use]
    pub fn worst(&self) -> f64 {
        self.standings.iter().map(|s| s.percentile).fold(100.0, f64::min)
    }
}

/// What a second hotkey earns by copying the user. The field of these runs has no other copies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CopyCheck {
    /// How it copies.
    pub copy: String,
    /// The user's share without the copy.
    pub alone: f64,
    /// The user's share beside it.
    pub mine: f64,
    /// The copy's share.
    pub theirs: f64,
}

impl CopyCheck {
    /// What both earn together beyond what the user earns alone.
    #[must_use]
    pub fn gain(&self) -> f64 {
        self.mine + self.theirs - self.alone
    }
}

/// What [`study`] found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyReport {
    /// The newest scoring. Its surrogate share is the mean over [`StudyReport::surrogates`].
    pub pay: PayReport,
    /// The standing over the last blocks.
    pub consistency: Consistency,
    /// The user's standing in each history with random signs, where nothing can be predicted.
    pub surrogates: Vec<Standing>,
    /// What copying the user earns; empty if it was not asked for.
    pub copies: Vec<CopyCheck>,
    /// Why one of the moments paid nobody, if one did.
    pub declined: Option<Declined>,
}

impl StudyReport {
    /// Whether the newest scoring reaches the percentile with a rank among the best tenth (at least the first place
    /// counts), and every moment reaches it too.
    #[must_use]
    pub fn passes(&self, percentile: f64) -> bool {
        let best_tenth = self.pay.ranking.len().div_ceil(10);
        self.pay.declined.is_none()
            && self.pay.my_percentile >= percentile
            && self.pay.my_rank <= best_tenth
            && self.consistency.reached(percentile) >= 1.0
    }
}

/// Scores a model among competitors as the validator pays a binary challenge, at several moments, in worlds without
/// predictability, and beside copies of it. See [`simulate_pay`](super::simulate_pay) for what a row is.
///
/// `progress` receives (done, total) over all runs.
///
/// # Errors
/// As [`simulate_pay`](super::simulate_pay); [`Error::Model`] when the model fails; [`Error::Parameter`] when rows and
/// warm-up are more than the validator looks at.
pub fn study(input: &StudyInput<'_>, progress: Progress<'_>) -> Result<StudyReport> {
    let profile = input.profile;
    let length = check(input, &profile.binary)?;
    let extra = input.blocks / usize::try_from(BLOCKS_PER_ROW).unwrap_or(1);
    let span = Span::last_minutes(input.bars, length + extra)?;
    let copies: &[(&str, Family)] = if input.copies { &copy_families() } else { &[] };
    let runs =
        input.checks + input.surrogates + if copies.is_empty() { 0 } else { 1 + copies.len() };
    let mut run = 0;
    let mut score = |scene: &Scene, from: usize| -> Result<Scored> {
        let mut step = |done: usize, total: usize| progress(run * total + done, runs * total);
        let scored = scene.score(from..from + length, profile, input.threads, &mut step)?;
        run += 1;
        Ok(scored)
    };

    let mine = embeddings(input, input.bars)?;
    let market = Market { bars: input.bars, mine: &mine, span_start: span.start };
    let path = minute_path(input.bars, input.minutes, span, input.seed)?;
    let scene = Scene::new(&market, &path, span, input.competitors)?;
    let (mut standings, mut declined, mut newest) = (Vec::new(), None, None);
    for check in 0..input.checks {
        let scored = score(&scene, extra * check / (input.checks - 1))?;
        declined = declined.or(scored.declined);
        standings.push(scored.standing());
        newest = Some(scored);
    }
    let newest = newest.ok_or(Error::Empty { what: WHAT })?;

    let mut surrogates = Vec::new();
    for seed in (0..input.surrogates as u64).map(|i| input.seed.wrapping_add(i)) {
        let bars = sign_flip(input.bars, seed)?;
        let mine = embeddings(input, &bars)?;
        let path = MinutePath::bridge(&bars, span.start, span.end(), input.seed)?;
        let market = Market { bars: &bars, mine: &mine, span_start: span.start };
        let scene = Scene::new(&market, &path, span, input.competitors)?;
        surrogates.push(score(&scene, extra)?.standing());
    }

    let mut checked = Vec::new();
    if input.copies {
        let original = |c: &&Competitor| !c.family.copies_the_user();
        let field: Vec<Competitor> = input.competitors.iter().filter(original).cloned().collect();
        let alone = score(&Scene::new(&market, &path, span, &field)?, extra)?.share_of(ME);
        for (name, family) in copies {
            let copy =
                Competitor { name: (*name).to_owned(), family: family.clone(), seed: input.seed };
            let mut field = field.clone();
            field.push(copy);
            let scored = score(&Scene::new(&market, &path, span, &field)?, extra)?;
            checked.push(CopyCheck {
                copy: family.label(),
                alone,
                mine: scored.share_of(ME),
                theirs: scored.share_of(name),
            });
        }
    }
    let mine = newest.standing();
    let mean = surrogates.iter().map(|s| s.share).sum::<f64>() / count(surrogates.len().max(1));
    let minute = |n: usize| Interval::minutes(i64::try_from(n).unwrap_or(i64::MAX));
    Ok(StudyReport {
        pay: PayReport {
            from: span.start + minute(extra),
            to: span.last,
            rows: newest.rows,
            warm_up_rows: super::trained_only(newest.rows, &profile.binary),
            synthetic_minutes: input.minutes.is_none(),
            my_share: mine.share,
            my_rank: mine.rank,
            my_percentile: mine.percentile,
            uniform_share: 1.0 / count(newest.ranking.len()),
            surrogate_share: (!surrogates.is_empty()).then_some(mean),
            declined: newest.declined,
            ranking: newest.ranking,
        },
        consistency: Consistency { blocks: input.blocks, standings },
        surrogates,
        copies: checked,
        declined,
    })
}

/// The copies that are tried. An exact copy is tried under a name after the user's; under a name before it the two
/// would change places.
fn copy_families() -> [(&'static str, Family); 3] {
    [
        ("me-copied", Family::NearClone { amplitude: 0.0 }),
        ("me-with-noise", Family::NearClone { amplitude: 0.2 }),
        ("me-late", Family::DelayedCopy { hours: 1 }),
    ]
}

/// Rows of one scoring, warm-up included.
fn check(input: &StudyInput<'_>, profile: &BinaryProfile) -> Result<usize> {
    check_interval("interval of bars (hours)", input.bars, Interval::HOUR, "one hour")?;
    if let Some(minutes) = input.minutes {
        let parameter = "interval of minutes (hours)";
        check_interval(parameter, minutes, Interval::MINUTE, "one minute")?;
    }
    check_positive(&[("scored_rows", input.scored_rows), ("threads", input.threads)])?;
    check_positive(&[("surrogates", input.surrogates)])?;
    if input.checks < 2 {
        let (parameter, expected) = ("checks", "at least 2");
        return Err(Error::Parameter { what: WHAT, parameter, expected, got: count(input.checks) });
    }
    let length = input.scored_rows.saturating_add(warm_up_rows(profile));
    if length > profile.max_rows() {
        return Err(Error::Parameter {
            what: WHAT,
            parameter: "scored_rows",
            expected: "with the warm-up (4,060 rows by default) within the rows that the validator looks at (86,400, 60 days)",
            got: count(input.scored_rows),
        });
    }
    Ok(length)
}

fn embeddings(input: &StudyInput<'_>, bars: &Bars) -> Result<Vec<TimedEmbedding>> {
    let mine = (input.model)(bars).map_err(|source| Error::Model { what: WHAT, source })?;
    check_embeddings(&mine)?;
    Ok(mine)
}
