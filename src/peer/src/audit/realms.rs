//! The windows and frames that the leak test can look into, by the table of ARCHITECTURE.md, which
//! an end-to-end test compares with the page's rows.

const TABLE: &str = include_str!("../../../../ARCHITECTURE.md");

/// The first name in `chosen` (`none`, `all`, or ids with commas between) that no row has.
pub(super) fn unknown(chosen: &str) -> Option<&str> {
    if matches!(chosen, "none" | "all") {
        return None;
    }
    chosen.split(',').find(|name| !ids().any(|id| id == *name))
}

fn ids() -> impl Iterator<Item = &'static str> {
    let (_, rows) = TABLE.split_once("\n### Realms\n").unwrap_or_default();
    let (rows, _) = rows.split_once("\n## ").unwrap_or((rows, ""));
    rows.lines().filter_map(|row| {
        let (id, _) = row.strip_prefix("| `")?.split_once("` |")?;
        Some(id)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_found() {
        assert!(ids().count() > 100);
        assert!(ids().any(|id| id == "no-src"));
        assert!(!ids().any(|id| id == "stats"));
    }

    #[test]
    fn only_its_names_are_known() {
        for good in ["none", "all", "no-src", "no-src,nested,object-loaded"] {
            assert_eq!(unknown(good), None, "{good}");
        }
        for (bad, name) in [
            ("", ""),
            ("no-src,", ""),
            ("no-src,al", "al"),
            ("all,no-src", "all"),
            ("stats", "stats"),
            ("no-src, nested", " nested"),
        ] {
            assert_eq!(unknown(bad), Some(name), "{bad}");
        }
    }
}
