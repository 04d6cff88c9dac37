//! Embeddings of trained artifacts, on bars that are kept fresh beside it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mantis_data::{Challenge, ChallengeTable, Embedding, Interval, LossKind, Panel, Timestamp};
use mantis_models::Artifact;
use mantis_models::pooled::PooledModel;
use mantis_submit::source::{EmbeddingSource, Harvest, Note, Prediction, failed};

use super::live::{Market, Rows};
use super::{heads, market};
use crate::{Error, Result};

/// Brings the newest data into the data folder.
pub trait Refresh: Send {
    /// Must return by `deadline`; what is stale or failed is noted.
    fn refresh(&mut self, now: Timestamp, deadline: Timestamp) -> Vec<Note>;
}

/// How artifacts are used.
///
/// | field | meaning |
/// |---|---|
/// | `model_dir` | an artifact, or a folder with one for each ticker |
/// | `data_dir` | market data in any layout |
/// | `max_age` | how much older than one bar a bar may be |
/// | `max_artifact_age` | how long after the end of its data an artifact is used |
#[derive(Clone, Debug)]
pub struct ArtifactSettings {
    /// An artifact, or a folder with one for each ticker.
    pub model_dir: PathBuf,
    /// Market data.
    pub data_dir: PathBuf,
    /// Grace for the newest bar.
    pub max_age: Interval,
    /// Limit for artifacts.
    pub max_artifact_age: Interval,
}

/// Embeds the challenges for which there is an artifact. A folder that was replaced is loaded anew
/// between two cycles; one that cannot be loaded leaves the old artifact in use.
pub struct ArtifactSource {
    settings: ArtifactSettings,
    table: ChallengeTable,
    refresh: Option<Box<dyn Refresh>>,
    models: Vec<Model>,
    market: Market,
    rows: Rows,
}

struct Model {
    challenge: Challenge,
    folder: PathBuf,
    /// Time of `config.json` when it was looked at last.
    seen: Option<SystemTime>,
    artifact: Option<Loaded>,
    trouble: Option<String>,
}

/// A model of either kind.
enum Loaded {
    /// Of a direction.
    Hybrid(Box<Artifact>),
    /// Of anything else.
    Pooled(Box<PooledModel>),
}

impl Loaded {
    fn load(challenge: &Challenge, folder: &Path) -> mantis_models::Result<Self> {
        if challenge.loss == LossKind::Binary {
            Ok(Self::Hybrid(Box::new(load(challenge, folder)?)))
        } else {
            Ok(Self::Pooled(Box::new(heads::load(challenge, folder)?)))
        }
    }

    /// The end of the data that it was fitted on.
    fn until(&self) -> Timestamp {
        match self {
            Self::Hybrid(artifact) => artifact.recipe().dates.validation_end,
            Self::Pooled(model) => model.recipe().validation_end,
        }
    }
}

/// Loads the artifact of a direction.
///
/// # Errors
/// Those of the folder, and [`mantis_models::Error::WrongModel`] for a model of another symbol.
pub fn load(challenge: &Challenge, folder: &Path) -> mantis_models::Result<Artifact> {
    let artifact = Artifact::load(folder)?;
    if !is_about(&artifact, challenge) {
        let got = artifact.features().symbol().to_owned();
        let expected = market::symbol(&challenge.assets[0]);
        return Err(mantis_models::Error::WrongModel { path: folder.to_owned(), got, expected });
    }
    Ok(artifact)
}

/// Whether an artifact forecasts the asset that a challenge is about. It may name the asset or the symbol of its bars.
pub(crate) fn is_about(artifact: &Artifact, challenge: &Challenge) -> bool {
    let (symbol, asset) = (artifact.features().symbol(), &challenge.assets[0]);
    symbol == asset || symbol == market::symbol(asset)
}

/// The folder of the artifact for a ticker.
#[must_use]
pub fn artifact_folder(model_dir: &Path, ticker: &str) -> PathBuf {
    if model_dir.join(CONFIG).is_file() { model_dir.to_owned() } else { model_dir.join(ticker) }
}

/// A new artifact, and where the one in use of the same challenge is.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The challenge.
    pub challenge: Challenge,
    /// Its folder.
    pub new: PathBuf,
    /// The folder whose place it may take; it need not exist.
    pub in_use: PathBuf,
}

/// The new artifacts in `folder` that are of a challenge of the table: one, or one for each ticker.
///
/// # Errors
/// [`Error::Usage`] if there is none, and those of a lone artifact that cannot be loaded.
pub fn candidates(
    table: &ChallengeTable,
    model_dir: &Path,
    folder: &Path,
) -> Result<Vec<Candidate>> {
    let mut found = Vec::new();
    for challenge in table.challenges() {
        let new = artifact_folder(folder, &challenge.ticker);
        let in_use = artifact_folder(model_dir, &challenge.ticker);
        if !new.join(CONFIG).is_file() {
            continue;
        }
        // A lone artifact is of one challenge: the one that its symbol is of.
        let lone = new == folder || in_use == model_dir;
        let fits = || {
            let binary = challenge.loss == LossKind::Binary;
            Ok::<_, Error>(binary && is_about(&Artifact::load(&new)?, challenge))
        };
        if lone && !fits()? {
            continue;
        }
        found.push(Candidate { challenge: challenge.clone(), new, in_use });
    }
    if found.is_empty() {
        return Err(Error::usage(&format!(
            "{}: no artifact for a challenge of {}; the training must write one there ({CONFIG}, or TICKER/{CONFIG}), or the table must be another (--profile)",
            folder.display(),
            table.name()
        )));
    }
    Ok(found)
}

/// The file by which a folder is known for an artifact.
pub(crate) const CONFIG: &str = "config.json";

impl ArtifactSource {
    /// Looks for the artifacts; those that cannot be loaded are told by every cycle.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is none for any challenge of the table.
    pub fn open(
        settings: ArtifactSettings,
        table: ChallengeTable,
        refresh: Option<Box<dyn Refresh>>,
    ) -> Result<Self> {
        let mut troubles: Vec<String> = Vec::new();
        let models = table.challenges().iter().filter_map(|challenge| {
            let folder = artifact_folder(&settings.model_dir, &challenge.ticker);
            let single = folder == settings.model_dir;
            let there = folder.join(CONFIG).is_file();
            let mut model = Model {
                challenge: challenge.clone(),
                folder,
                seen: None,
                artifact: None,
                trouble: None,
            };
            if there {
                model.look();
            }
            // A lone artifact is of one challenge: the one that it can be loaded for.
            if single {
                troubles.extend(model.trouble.clone());
            }
            (there && (!single || model.artifact.is_some())).then_some(model)
        });
        let models: Vec<Model> = models.collect();
        if models.is_empty() {
            troubles.dedup();
            if let [trouble] = &troubles[..] {
                return Err(Error::usage(&format!("--model-dir: {trouble}")));
            }
            return Err(Error::usage(&format!(
                "--model-dir {}: no artifact for a challenge of {}; train one (a folder with {CONFIG}, or TICKER/{CONFIG}), choose its table with --profile, or give --embeddings",
                settings.model_dir.display(),
                table.name()
            )));
        }
        let (market, rows) = (Market::default(), Rows::default());
        Ok(Self { settings, table, refresh, models, market, rows })
    }

    /// A prediction with the assets that it is silent about, or why there is none.
    fn forecast(
        &self,
        model: &Model,
        (known, rows): (&Panel, &mut Rows),
        now: Timestamp,
    ) -> std::result::Result<(Prediction, Vec<String>), String> {
        let Some(artifact) = &model.artifact else {
            return Err(model.trouble.clone().unwrap_or_else(|| "not loaded".to_owned()));
        };
        let until = artifact.until();
        if until + self.settings.max_artifact_age < now {
            let days = (now.as_micros() - until.as_micros()) / Interval::days(1).as_micros();
            return Err(format!(
                "the artifact's data ends {days} days ago, at {until}; train a new one, or allow it with --max-artifact-age"
            ));
        }
        let predicted = match artifact {
            Loaded::Hybrid(artifact) => {
                let found = self.predict(&model.challenge, artifact, (known, rows), now);
                found.map(|found| (found, Vec::new()))
            }
            Loaded::Pooled(pooled) => self.answer(&model.challenge, pooled, (known, rows), now),
        };
        predicted.map_err(|error| error.to_string())
    }

    fn predict(
        &self,
        challenge: &Challenge,
        artifact: &Artifact,
        (known, rows): (&Panel, &mut Rows),
        now: Timestamp,
    ) -> Result<Prediction> {
        let features = artifact.features();
        if known.bars(features.symbol()).is_none() {
            // Without bars of its own this is an error that names what was looked for.
            market::panel(&market::open(&self.settings.data_dir)?, features, now)?;
        }
        let steps = format!("{} steps", artifact.recipe().lstm.steps);
        let key = [&features.names()[..], &[steps]].concat();
        let recent = rows.of(features.symbol(), &key, || Ok::<_, Error>(artifact.recent_rows()))?;
        let forecast = artifact.latest_of(recent, known)?;
        let embedding = artifact.embedding(challenge, &forecast)?;
        Ok(self.prediction(embedding, forecast.time))
    }

    fn answer(
        &self,
        challenge: &Challenge,
        model: &PooledModel,
        (known, rows): (&Panel, &mut Rows),
        now: Timestamp,
    ) -> Result<(Prediction, Vec<String>)> {
        let world = heads::world_of(challenge, known.clone(), &self.settings.data_dir)?;
        let live = heads::embed(challenge, model, &world, rows, (now, self.settings.max_age))?;
        Ok((self.prediction(live.embedding, live.as_of), live.silent))
    }

    fn prediction(&self, embedding: Embedding, as_of: Timestamp) -> Prediction {
        // The next bar is known an hour later, and a little later here.
        let expires = as_of + Interval::HOUR + self.settings.max_age;
        Prediction { embedding, as_of, expires }
    }
}

impl Model {
    /// The symbols that it reads.
    fn symbols(&self) -> Vec<String> {
        match &self.artifact {
            Some(Loaded::Hybrid(artifact)) => market::inputs_of(artifact.features()),
            Some(Loaded::Pooled(_)) => {
                self.challenge.assets.iter().map(|asset| market::symbol(asset)).collect()
            }
            None => Vec::new(),
        }
    }

    /// Loads the folder if it has changed.
    fn look(&mut self) {
        let changed = std::fs::metadata(self.folder.join(CONFIG)).and_then(|m| m.modified()).ok();
        if changed.is_none() || changed == self.seen {
            return;
        }
        match Loaded::load(&self.challenge, &self.folder) {
            Ok(artifact) => {
                self.artifact = Some(artifact);
                self.seen = changed;
                self.trouble = None;
            }
            // It may be half replaced, so it is tried again.
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }
}

impl fmt::Debug for ArtifactSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArtifactSource").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl EmbeddingSource for ArtifactSource {
    fn name(&self) -> String {
        format!("artifacts of {}", self.settings.model_dir.display())
    }

    fn embed(&mut self, now: Timestamp, deadline: Timestamp) -> mantis_submit::Result<Harvest> {
        let mut harvest = Harvest::default();
        if let Some(refresh) = &mut self.refresh {
            harvest.notes.extend(refresh.refresh(now, deadline));
        }
        self.models.iter_mut().for_each(Model::look);
        let symbols = self.models.iter().flat_map(Model::symbols).collect();
        let known = self.market.panel(&self.settings.data_dir, symbols, now);
        let (known, troubles) = known.map_err(|error| failed(&self.name(), error.to_string()))?;
        let unread = |text| Note { subject: "data".to_owned(), text };
        harvest.notes.extend(troubles.into_iter().map(unread));
        let mut rows = std::mem::take(&mut self.rows);
        for model in &self.models {
            let subject = model.challenge.ticker.clone();
            if let (Some(_), Some(trouble)) = (&model.artifact, &model.trouble) {
                let text = format!("the new artifact is not used: {trouble}");
                harvest.notes.push(Note { subject: format!("{subject} artifact"), text });
            }
            match self.forecast(model, (&known, &mut rows), now) {
                Ok((prediction, silent)) => {
                    harvest.predictions.push(prediction);
                    if !silent.is_empty() {
                        let text = format!("left absent: {}", silent.join(", "));
                        harvest.notes.push(Note { subject, text });
                    }
                }
                Err(text) => harvest.notes.push(Note { subject, text }),
            }
        }
        rows.tidy();
        self.rows = rows;
        let modelled = |c: &&Challenge| self.models.iter().any(|m| m.challenge == **c);
        for challenge in self.table.challenges().iter().filter(|c| !modelled(c)) {
            let text = "no model".to_owned();
            harvest.notes.push(Note { subject: challenge.ticker.clone(), text });
        }
        if harvest.predictions.is_empty() {
            let reasons: Vec<String> = harvest
                .notes
                .iter()
                .map(|note| format!("{}: {}", note.subject, note.text))
                .collect();
            return Err(failed(&self.name(), reasons.join("; ")));
        }
        Ok(harvest)
    }
}
