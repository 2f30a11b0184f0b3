//! The prompt: what is typed is tried at once, what is wrong is said beside it.

use super::Out;
use crate::app::{App, Env};
use crate::commands::flow::{Flash, PromptKind, Remember};
use crate::commands::{Key, Step, line};
use crate::model::ProblemKind;
use crate::views::prompt::{Prompt, Typed};

impl App {
    pub(super) fn open_prompt(&mut self, kind: PromptKind, text: &str) {
        let before =
            if kind == PromptKind::Command { String::new() } else { self.front().filter().to_owned() };
        self.pending = None;
        self.prompt = Some(Prompt::new(kind, text, &before, &self.world));
    }

    pub(super) fn on_paste(&mut self, text: &str, env: Env<'_>) {
        // Pasted text never runs commands: outside a prompt it is dropped.
        match &mut self.prompt {
            Some(prompt) => {
                prompt.paste(text, &self.world);
                self.try_filter(env);
            }
            None => self.show(Flash::info("pasted text goes into a prompt: open one with : or /"), env.now),
        }
    }

    pub(super) fn prompt_key(&mut self, key: Key, env: Env<'_>, out: &mut Out) {
        let Some(prompt) = &mut self.prompt else { return };
        let history = match prompt.kind() {
            PromptKind::Command => &self.options.remembered.commands,
            PromptKind::Filter | PromptKind::Search => &self.options.remembered.filters,
        };
        match prompt.key(key, history, &self.world) {
            Typed::Same => {}
            Typed::Changed => self.try_filter(env),
            Typed::Cancelled => self.cancel_prompt(env),
            Typed::Submitted => self.submit_prompt(env, out),
        }
    }

    /// Applies a filter while it is typed; a wrong one is explained and the last good one stays.
    fn try_filter(&mut self, env: Env<'_>) {
        let Some(prompt) = self.prompt.as_ref().filter(|prompt| prompt.kind() != PromptKind::Command) else {
            return;
        };
        let text = prompt.text().to_owned();
        let problem = self.with_front(env, |view, cx| view.set_filter(&text, cx)).err();
        if let Some(prompt) = &mut self.prompt {
            prompt.set_problem(problem);
        }
    }

    fn cancel_prompt(&mut self, env: Env<'_>) {
        let Some(prompt) = self.prompt.take().filter(|prompt| prompt.kind() != PromptKind::Command) else {
            return;
        };
        let before = prompt.before().to_owned();
        if let Err(problem) = self.with_front(env, |view, cx| view.set_filter(&before, cx)) {
            self.show(problem.into(), env.now);
        }
    }

    fn submit_prompt(&mut self, env: Env<'_>, out: &mut Out) {
        let Some(prompt) = &self.prompt else { return };
        if prompt.kind() != PromptKind::Command {
            self.try_filter(env);
            if self.prompt.as_ref().is_some_and(Prompt::is_wrong) {
                return;
            }
            let text = self.prompt.take().map(|prompt| prompt.text().trim().to_owned()).unwrap_or_default();
            self.note_root();
            self.remember_filter(out);
            if !text.is_empty() {
                self.remember(Remember::Filter(text), out);
            }
            return;
        }
        let text = prompt.text().trim().to_owned();
        if text.is_empty() {
            self.prompt = None;
            return;
        }
        match line::parse(&text, &self.world) {
            Ok(step) => {
                self.prompt = None;
                self.accept_line(text, step, env, out);
            }
            Err(problem) if problem.kind == ProblemKind::NotFound && self.may_be_known_later(&text) => {
                self.prompt = None;
                self.show(
                    Flash::info(format!("{text:?} waits until the server has said which kinds it serves")),
                    env.now,
                );
                self.waiting = Some(text);
            }
            Err(problem) => {
                if let Some(prompt) = &mut self.prompt {
                    prompt.set_problem(Some(problem));
                }
            }
        }
    }

    /// Whether the line's first word could be a kind that discovery has yet to bring.
    fn may_be_known_later(&self, text: &str) -> bool {
        let word = text.split_whitespace().next().unwrap_or_default();
        let is_unknown = self.world.current_facts().is_some_and(|facts| facts.catalog.resolve(word).is_err());
        is_unknown && !self.is_discovered() && !line::CONTEXT_WORDS.contains(&word)
    }

    fn accept_line(&mut self, text: String, step: Step, env: Env<'_>, out: &mut Out) {
        self.remember(Remember::Command(text), out);
        self.waiting = None;
        if let Step::Open(crate::commands::Open::Table(spec)) = &step {
            // `:po shop` also means: from now on shop, as in k9s.
            if let [cluster] = spec.clusters.as_slice() {
                self.adopt(cluster, &spec.namespaces, &spec.kind, out);
            }
        }
        self.run_line_step(step, env, out);
    }
}
