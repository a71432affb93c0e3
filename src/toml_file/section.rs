//! A table of a file, asked key by key.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::text::kind;
use super::{Sheet, meant};

/// A table of a file. Every question answers `None` when the key is absent, and also when its value is wrong; the latter
/// is reported.
pub struct Section<'s> {
    sheet: &'s Sheet<'s>,
    table: &'s DeTable<'s>,
    path: String,
    line: usize,
    asked: RefCell<BTreeSet<&'static str>>,
}

impl<'s> Section<'s> {
    pub(super) fn of(sheet: &'s Sheet<'s>, table: &'s DeTable<'s>, path: String, line: usize) -> Section<'s> {
        Section { sheet, table, path, line, asked: RefCell::default() }
    }

    /// The line it begins in.
    pub fn line(&self) -> usize {
        self.line
    }

    /// Its name, as problems write it: `clients[0]`; empty for the file itself.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The line of a key; the section's own if it is absent.
    pub fn line_of(&self, key: &str) -> usize {
        self.table.get_key_value(key).map_or(self.line, |(key, _)| self.sheet.line(key.span().start))
    }

    /// The lines of all its keys.
    pub fn lines(&self) -> BTreeMap<String, usize> {
        self.table.iter().map(|(key, _)| (key.get_ref().to_string(), self.sheet.line(key.span().start))).collect()
    }

    /// Whether the key is there at all.
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// Whether something is known to be wrong with a key, or with a part of its value.
    pub fn is_reported(&self, key: &str) -> bool {
        self.sheet.is_reported(&self.name_of(key))
    }

    /// Says that something is wrong with a key.
    pub fn report(&self, key: &str, sentence: impl Into<String>) {
        self.sheet.report(self.line_of(key), self.name_of(key), sentence);
    }

    /// Says that something is wrong in a line that was learnt before.
    pub fn report_at(&self, line: usize, key: String, sentence: impl Into<String>) {
        self.sheet.report(line, key, sentence);
    }

    /// A string.
    pub fn string(&self, key: &'static str) -> Option<String> {
        self.sheet.text(self.get(key)?, &self.name_of(key))
    }

    /// A string that has to be there.
    pub fn required(&self, key: &'static str) -> Option<String> {
        if self.get(key).is_none() {
            self.sheet.report(self.line, self.name_of(key), "is missing");
        }
        self.string(key)
    }

    /// A string that `parse` can read.
    pub fn parsed<T, E: Display>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<T> {
        let value = self.get(key)?;
        self.one(value, &self.name_of(key), &parse)
    }

    /// A list of strings that `parse` can read.
    pub fn list<T, E: Display>(&self, key: &'static str, parse: impl Fn(&str) -> Result<T, E>) -> Option<Vec<T>> {
        let items = self.array(key)?;
        let name = self.name_of(key);
        let each = items.iter().enumerate().map(|(nth, item)| self.one(item, &format!("{name}[{nth}]"), &parse));
        // Every item is looked at, so that every problem is reported.
        each.collect::<Vec<_>>().into_iter().collect()
    }

    /// A list of any strings.
    pub fn strings(&self, key: &'static str) -> Option<Vec<String>> {
        self.list(key, |text| Ok::<_, String>(text.to_owned()))
    }

    /// One of the `known` names.
    pub fn choice<T: Copy>(&self, key: &'static str, known: &[(T, &str)]) -> Option<T> {
        self.parsed(key, one_of(known))
    }

    /// A list of `known` names.
    pub fn choices<T: Copy>(&self, key: &'static str, known: &[(T, &str)]) -> Option<Vec<T>> {
        self.list(key, one_of(known))
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &'static str) -> Option<bool> {
        let value = self.get(key)?;
        let yes = value.get_ref().as_bool();
        if yes.is_none() {
            self.expected(key, value, "true or false");
        }
        yes
    }

    /// `true`, `false`, or text instead: `Ok` or `Err`.
    pub fn switch_or_text(&self, key: &'static str) -> Option<Result<bool, String>> {
        let value = self.get(key)?;
        match value.get_ref().as_bool() {
            Some(yes) => Some(Ok(yes)),
            None => self.string(key).map(Err),
        }
    }

    /// A whole number within `range`.
    pub fn number(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let value = self.get(key)?;
        let digits = value.get_ref().as_integer();
        let number = digits.and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let expected = format!("a whole number between {} and {}", range.start(), range.end());
            match digits {
                Some(digits) => self.report(key, format!("expected {expected}, found {digits}")),
                None => self.expected(key, value, &expected),
            }
        }
        number
    }

    /// A table.
    pub fn section(&self, key: &'static str) -> Option<Section<'s>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(Section::of(self.sheet, table, self.name_of(key), self.line_of(key))),
            _ => {
                self.expected(key, value, "a table");
                None
            }
        }
    }

    /// A list of tables, as `[[key]]` writes it; empty when the key is absent.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'s>> {
        let items = self.array(key).unwrap_or_default();
        let name = self.name_of(key);
        let one = |(nth, item): (usize, &'s Spanned<DeValue<'s>>)| {
            let line = self.sheet.line(item.span().start);
            let path = format!("{name}[{nth}]");
            match item.get_ref() {
                DeValue::Table(table) => Some(Section::of(self.sheet, table, path, line)),
                other => {
                    self.sheet.report(line, path, format!("expected a table, found {}", kind(other)));
                    None
                }
            }
        };
        items.iter().enumerate().filter_map(one).collect()
    }

    /// A table of strings under any names.
    pub fn string_map(&self, key: &'static str) -> Option<BTreeMap<String, String>> {
        let section = self.section(key)?;
        let each = section.table.iter().map(|(name, value)| {
            let name = name.get_ref().to_string();
            let text = self.sheet.text(value, &section.name_of(&name))?;
            Some((name, text))
        });
        each.collect::<Vec<_>>().into_iter().collect()
    }

    /// What a single string, or each item of a list of strings and tables, is.
    pub fn one_or_more<T>(
        &self,
        key: &'static str,
        text: impl Fn(&Section<'s>, String) -> Option<T>,
        table: impl Fn(&Section<'s>) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.get(key)?;
        let name = self.name_of(key);
        let items: Vec<(String, &Spanned<DeValue<'_>>)> = match value.get_ref() {
            DeValue::Array(items) => items.iter().enumerate().map(|(nth, v)| (format!("{name}[{nth}]"), v)).collect(),
            _ => vec![(name, value)],
        };
        let each = items.into_iter().map(|(name, value)| match value.get_ref() {
            DeValue::Table(members) if !members.contains_key("env") && !members.contains_key("file") => {
                let section = Section::of(self.sheet, members, name, self.sheet.line(value.span().start));
                let item = table(&section);
                section.close();
                item
            }
            _ => text(self, self.sheet.text(value, &name)?),
        });
        each.collect::<Vec<_>>().into_iter().collect()
    }

    /// A key that this version cannot honour yet: being there, it is refused with this sentence.
    pub fn later(&self, key: &'static str, sentence: &str) {
        if self.get(key).is_some() {
            self.report(key, sentence);
        }
    }

    /// Reports every key that nobody asked for. Call it when everything was asked.
    pub fn close(&self) {
        let asked = self.asked.borrow();
        for key in self.table.keys().filter(|key| !asked.contains(key.get_ref().as_ref())) {
            let written = key.get_ref().as_ref();
            let sentence = match meant(written, asked.iter().copied()) {
                Some(name) => format!("unknown key; did you mean {name:?}?"),
                None => {
                    format!("unknown key; expected one of {}", asked.iter().copied().collect::<Vec<_>>().join(", "))
                }
            };
            self.sheet.report(self.sheet.line(key.span().start), self.name_of(written), sentence);
        }
    }

    fn get(&self, key: &'static str) -> Option<&'s Spanned<DeValue<'s>>> {
        self.asked.borrow_mut().insert(key);
        self.table.get(key)
    }

    fn array(&self, key: &'static str) -> Option<&'s [Spanned<DeValue<'s>>]> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Array(items) => Some(items),
            _ => {
                self.expected(key, value, "a list");
                None
            }
        }
    }

    fn one<T, E: Display>(
        &self,
        value: &Spanned<DeValue<'_>>,
        name: &str,
        parse: &impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.sheet.text(value, name)?;
        match parse(&text) {
            Ok(read) => Some(read),
            Err(why) => {
                self.sheet.report(self.sheet.line(value.span().start), name, why.to_string());
                None
            }
        }
    }

    fn expected(&self, key: &str, value: &Spanned<DeValue<'_>>, what: &str) {
        self.report(key, format!("expected {what}, found {}", kind(value.get_ref())));
    }

    fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }
}

/// Reads one of the `known` names, or says which there are.
pub fn one_of<T: Copy>(known: &[(T, &str)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        if let Some((value, _)) = known.iter().find(|(_, name)| *name == text) {
            return Ok(*value);
        }
        let names: Vec<&str> = known.iter().map(|(_, name)| *name).collect();
        let hint = meant(text, names.iter().copied()).map(|name| format!("; did you mean {name:?}?"));
        let expected = match names.split_last() {
            Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
            _ => names.join(""),
        };
        Err(format!("expected {expected}, found {text:?}{}", hint.unwrap_or_default()))
    }
}
