//! Readers of artifacts, trees, plans and recipes.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use mantis_data::source::RandomWalk;
use mantis_data::{Interval, Panel, Timestamp};
use mantis_features::FeaturePlan;
use mantis_models::gbdt::Trees;
use mantis_models::{Artifact, Recipe};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::files::in_file;

/// A model of four columns, six steps and eight units; `seeds/README.md` says how it was made.
fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/artifact")
}

fn file(name: &str) -> Vec<u8> {
    let path = sample().join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub(crate) mod artifact {
    use super::*;

    const CONFIG: &str = "config.json";
    const FILES: [&str; 5] =
        [CONFIG, "features.json", "scaler.json", "lstm_model.safetensors", "gbdt_model.txt"];

    /// The first byte says which file of the sample is replaced by the rest. Whoever changes a file can change the hash too, so
    /// the hash is made right.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Some((&which, content)) = bytes.split_first() else { return false };
        let changed = FILES[usize::from(which) % FILES.len()];
        in_file("artifact/config.json", &file(CONFIG), |config| {
            let folder = config.parent().unwrap();
            for name in FILES {
                let unchanged = file(name);
                let bytes = if name == changed { content } else { &unchanged };
                std::fs::write(folder.join(name), bytes).unwrap();
            }
            if changed != CONFIG {
                let mut told: Value = serde_json::from_slice(&file(CONFIG)).unwrap();
                told["files"][changed] = hex::encode(Sha256::digest(content)).into();
                std::fs::write(config, told.to_string()).unwrap();
            }
            let Ok(artifact) = Artifact::load(folder) else { return false };
            // A plan may ask for columns that cost hours, and says so.
            artifact.features() == known().features() && artifact.latest(panel(), 1).is_ok()
        })
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        // A sample that today's code refuses would be a beginning that leads nowhere.
        let _ = known().latest(panel(), 1).unwrap();
        (0..).zip(FILES).map(|(which, name)| [vec![which], file(name)].concat()).collect()
    }

    fn known() -> &'static Artifact {
        static KNOWN: OnceLock<Artifact> = OnceLock::new();
        KNOWN.get_or_init(|| Artifact::load(sample()).unwrap())
    }

    fn panel() -> &'static Panel {
        static PANEL: OnceLock<Panel> = OnceLock::new();
        PANEL.get_or_init(|| {
            let start = Timestamp::parse("2018-01-01").unwrap();
            let bars = RandomWalk::default().bars("BTCUSDT", start, Interval::HOUR, 400, 5);
            let mut panel = Panel::new(Interval::HOUR);
            panel.add_bars("BTCUSDT", bars.unwrap()).unwrap();
            panel
        })
    }
}

pub(crate) mod trees {
    use super::*;

    /// What is read must come to an end for every row.
    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let Ok(trees) = Trees::parse(text) else { return false };
        for value in [0.0, -1.0, 1e-38, f32::MAX, f32::NAN] {
            let row = vec![value; trees.columns()];
            let _ = (trees.probability(&row), trees.leaves(&row), trees.contributions(&row));
        }
        let _ = trees.importances();
        true
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        vec![file("gbdt_model.txt")]
    }
}

pub(crate) mod plan {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        let Ok(text) = std::str::from_utf8(bytes) else { return false };
        let plan = text.parse::<FeaturePlan>();
        if let Ok(plan) = &plan {
            let again: FeaturePlan =
                serde_json::from_value(serde_json::to_value(plan).unwrap()).unwrap();
            assert_eq!(*plan, again);
        }
        serde_json::from_str::<FeaturePlan>(text).is_ok() || plan.is_ok()
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let plan = FeaturePlan::default_for("BTCUSDT");
        vec![plan.to_string().into(), serde_json::to_vec(&plan).unwrap(), file("features.json")]
    }
}

pub(crate) mod recipe {
    use super::*;

    pub(crate) fn read(bytes: &[u8]) -> bool {
        serde_json::from_slice::<Recipe>(bytes).is_ok_and(|recipe| recipe.check().is_ok())
    }

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        vec![serde_json::to_vec(&Recipe::guide("BTCUSDT").unwrap()).unwrap()]
    }
}
