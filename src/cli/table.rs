//! Lists for people: aligned columns, a heading, nothing else.

/// `rows` under `heading`, each column as wide as its longest cell.
pub fn table<const N: usize>(heading: [&str; N], rows: &[[String; N]]) -> String {
    let wide = |text: &str| text.chars().count();
    let width: [usize; N] = std::array::from_fn(|column| {
        let cells = rows.iter().map(|row| wide(&row[column]));
        cells.chain([wide(heading[column])]).max().unwrap_or(0)
    });
    let line = |cells: [&str; N]| {
        let padded = cells.iter().zip(width).map(|(cell, width)| format!("{cell:width$}"));
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let body = rows.iter().map(|row| line(std::array::from_fn(|column| row[column].as_str())));
    [line(heading)].into_iter().chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_aligned() {
        let rows = [["zoë".to_owned(), "admin".to_owned()], ["a".to_owned(), String::new()]];
        assert_eq!(table(["NAME", "IS"], &rows), "NAME  IS\nzoë   admin\na\n");
    }
}
