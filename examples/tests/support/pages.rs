//! Blocks of code in pages of Markdown.

use std::path::PathBuf;

use super::root;

/// All pages of the book and all READMEs.
pub(crate) fn markdown() -> Vec<PathBuf> {
    let mut found = vec![root().join("README.md"), root().join("CONTRIBUTING.md")];
    let mut pending = vec![root().join("docs/src"), root().join("crates")];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A block between fences.
#[derive(Debug)]
pub(crate) struct Block {
    /// The first word after the fence.
    pub(crate) kind: String,
    /// What follows it.
    pub(crate) attributes: String,
    /// What is between the fences.
    pub(crate) text: String,
    /// Line of the opening fence, from 1.
    pub(crate) line: usize,
}

/// A command of a block, and what it is said to print.
pub(crate) struct Step {
    pub(crate) command: String,
    pub(crate) output: String,
    pub(crate) code: i32,
}

impl Block {
    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .split(',')
            .find_map(|word| word.trim().strip_prefix(name)?.strip_prefix('='))
    }

    /// By how much a number may differ: where libtorch trains, processors differ in the last digits, which training magnifies.
    pub(crate) fn tolerance(&self) -> f64 {
        self.attribute("tolerance").map_or(0.0, |text| text.parse().unwrap())
    }

    /// `$ command`, then what it prints. The exit code is that of all of them, 0 unless the fence says otherwise.
    pub(crate) fn steps(&self) -> Vec<Step> {
        let code = self.attribute("exit").map_or(0, |text| text.parse().unwrap());
        let mut steps: Vec<Step> = Vec::new();
        let mut goes_on = false;
        for line in self.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                steps.push(Step { command: command.to_owned(), output: String::new(), code });
                goes_on = command.ends_with('\\');
            } else if let Some(step) = steps.last_mut() {
                if goes_on {
                    let more = line.strip_prefix("> ").unwrap_or(line);
                    step.command += &format!("\n{more}");
                    goes_on = more.ends_with('\\');
                } else {
                    step.output += &format!("{line}\n");
                }
            }
        }
        steps
    }
}

/// The blocks of a page, in order.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (i, line) in text.lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                let (kind, attributes) = info.split_once(',').unwrap_or((info, ""));
                open = Some(Block {
                    kind: kind.trim().to_owned(),
                    attributes: attributes.to_owned(),
                    text: String::new(),
                    line: i + 1,
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => block.text += &format!("{line}\n"),
            (None, None) => {}
        }
    }
    blocks
}

/// The page with other texts in some of its blocks.
pub(crate) fn renewed(page: &str, texts: &[(Block, String)]) -> String {
    let mut lines: Vec<String> = page.lines().map(str::to_owned).collect();
    for (block, text) in texts.iter().rev() {
        let range = block.line..block.line + block.text.lines().count();
        let new: Vec<String> = text.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.splice(range, new);
    }
    lines.join("\n") + "\n"
}
