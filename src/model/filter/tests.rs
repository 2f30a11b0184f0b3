//! What filters mean, on one pod and its table.

use proptest::prelude::*;

use super::*;
use crate::model::{ClusterId, Facts, Health, KindId, ObjKey, Text, Uid};

const NOW: Timestamp = Timestamp(1_000_000);

struct Table {
    row: Row,
    columns: Vec<(&'static str, Cell)>,
}

impl Fields for Table {
    fn row(&self) -> &Row {
        &self.row
    }

    fn now(&self) -> Timestamp {
        NOW
    }

    fn cell(&self, title: &str) -> Option<Cell> {
        let column = self.columns.iter().find(|(name, _)| name.eq_ignore_ascii_case(title));
        column.map(|(_, cell)| cell.clone())
    }

    fn line(&self, out: &mut String) {
        for (title, cell) in &self.columns {
            if *title != "AGE" {
                cell.write(NOW, out);
                out.push(' ');
            }
        }
    }
}

fn pod() -> Table {
    let labels: Vec<(Text, Text)> = vec![("app".into(), "Web".into()), ("tier".into(), "front".into())];
    let name: Text = "web-7d9f8-x2x7p".into();
    Table {
        row: Row {
            key: ObjKey {
                cluster: ClusterId("prod-eu".into()),
                kind: KindId::new("", "pods"),
                namespace: "shop".into(),
                name: name.clone(),
            },
            uid: Uid::parse("u"),
            created: Some(Timestamp(NOW.0 - 300)),
            deleting: None,
            cells: [].into(),
            health: Health::default(),
            labels: labels.into(),
            owners: [].into(),
            managers: [].into(),
            facts: Facts { node: Some("n-3".into()), ..Facts::default() },
        },
        columns: vec![
            ("NAMESPACE", Cell::text("shop")),
            ("NAME", Cell::Text(name)),
            ("READY", Cell::Ratio(1, 2)),
            ("STATUS", Cell::text("CrashLoopBackOff")),
            ("RESTARTS", Cell::Restarts(4, Some(Timestamp(NOW.0 - 60)))),
            ("CPU", Cell::Millicores(498)),
            ("MEM", Cell::Mebibytes(512 << 20)),
            ("%CPU/L", Cell::Percent(97)),
            ("IMAGE", Cell::text("nginx:1.25")),
            ("NOMINATED NODE", Cell::None),
            ("GPU", Cell::NoData),
            ("AGE", Cell::Age(Timestamp(NOW.0 - 300))),
        ],
    }
}

fn is_shown(filter: &str) -> bool {
    match Filter::parse(filter) {
        Ok(filter) => filter.matches(&pod()),
        Err(problem) => panic!("{filter}: {problem}"),
    }
}

#[test]
fn words_are_patterns_that_must_all_match_and_alternatives_bind_looser() {
    for (filter, want) in [
        ("", true),
        ("   ", true),
        ("web", true),
        ("WEB crash", true),
        ("web nothing", false),
        ("web nothing | shop", true),
        ("nothing | web nothing", false),
        ("nothing| crash", true),
        ("nothing |crash", true),
        ("nothing|crash", true),
        ("^shop", true),
        ("^web", false),
        ("x[0-9]x", true),
        ("\"shop web\"", true),
        ("'web shop'", false),
        ("!web", false),
        ("!db", true),
        ("!\"shop web\"", false),
        ("!!web", true),
        ("nginx:1.25", true),
        ("nginx\\|", false),
        ("5m", false),
        ("web-7d9f8-x2x7p", true),
    ] {
        assert_eq!(is_shown(filter), want, "{filter}");
    }
}

#[test]
fn typed_terms_ask_one_column_by_its_value() {
    for (filter, want) in [
        ("status=crashloopbackoff", true),
        ("status==CrashLoopBackOff", true),
        ("status!=Running", true),
        ("status!=CrashLoopBackOff", false),
        ("!status=Running", true),
        ("status:crash", true),
        ("status~^Crash.*Off$", true),
        ("status!~Off", false),
        ("status=\"Crash Loop\"", false),
        ("restarts>3", true),
        ("restarts>4", false),
        ("restarts>=4 restarts<=4 restarts=4 restarts!=5", true),
        ("age<10m", true),
        ("age>10m", false),
        ("age>=5m", true),
        ("cpu>450m", true),
        ("cpu>0.5", false),
        ("mem>=0.5Gi mem=512Mi", true),
        ("memory>1Gi", false),
        ("%cpu/l>90%", true),
        ("ready=1/2", true),
        ("ready<1/1", true),
        ("node=n-3", true),
        ("nominated-node=", true),
        ("\"nominated node\"=n-3", false),
        ("name~^web name!~db name:7d9", true),
        ("ns:sho", true),
        ("ns:hop", false),
        ("ns=shop namespace=SHOP", true),
        ("context=prod-eu", true),
        ("gpu>0", false),
        ("gpu<1", false),
        ("gpu!=1", true),
    ] {
        assert_eq!(is_shown(filter), want, "{filter}");
    }
}

#[test]
fn labels_keep_their_case_and_stand_in_for_missing_columns() {
    for (filter, want) in [
        ("-l app=Web", true),
        ("-l app=web", false),
        ("-l app=Web,tier in (front, back) crash", true),
        ("-l tier in (front,back),!gone restarts>3", true),
        ("-l tier notin (front) web", false),
        ("-l \"app=Web, tier\" web", true),
        ("!-l app=Web", false),
        ("label:app=Web label:tier", true),
        ("label:gone", false),
        ("label!=app", false),
        ("app=Web", true),
        ("app=web", false),
        ("app!=db", true),
        ("nosuch>3", false),
        ("nosuch~x", false),
        ("-f swebx2", true),
        ("-f zzzz", false),
        ("-f web | nothing", true),
    ] {
        assert_eq!(is_shown(filter), want, "{filter}");
    }
}

#[test]
fn wrong_filters_say_what_and_where() {
    for (filter, part) in [
        ("web \"open", "unclosed quote at 5"),
        ("restarts>abc", "\"restarts>abc\" at 1: \"abc\" is not a number"),
        ("a (", "\"(\" at 3 is no pattern: unclosed group"),
        ("a | | b", "nothing before | at 5"),
        ("| b", "nothing before | at 1"),
        ("a |", "nothing after | at 3"),
        ("a|", "nothing after | at 2"),
        ("!", "nothing after ! at 2"),
        ("-l", "-l at 1 needs a label selector"),
        ("-l a b= -f", "-f at 9 needs some letters"),
        ("-l a=b=c", "expected a comma"),
        ("label>3", "label at 1 takes : or ="),
        ("name~[", "is no pattern"),
        ("(a{1000}){1000}", "too big"),
    ] {
        let problem = Filter::parse(filter).unwrap_err();
        assert!(problem.what.contains(part), "{filter}: {problem}");
        assert!(problem.hint.is_some() && problem.kind == crate::model::ProblemKind::Usage, "{filter}");
    }
}

#[test]
fn a_comparison_with_a_column_that_is_not_there_says_which_is_near() {
    let titles = ["NAME", "RESTARTS", "LAST RESTART", "MEM"];
    let check = |filter: &str| Filter::parse(filter).unwrap().check(titles.into_iter());
    for good in ["restarts>3 image:nginx name~x age<5m stauts!=x app=web -l a", "last-restart<1h memory>1Gi"]
    {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    let problem = check("web restart>3").unwrap_err();
    assert_eq!(problem.what, "filter: there is no column \"restart\" here");
    assert!(problem.hint.unwrap().contains("RESTARTS"));
    assert!(check("zzz~3").unwrap_err().hint.unwrap().contains("\"zzz~3\""));
}

#[test]
fn highlights_show_what_was_found_and_only_that() {
    let pairs = |ranges: Vec<Range<usize>>| -> Vec<(usize, usize)> {
        ranges.into_iter().map(|range| (range.start, range.end)).collect()
    };
    let filter = Filter::parse("we !crash status:back b-7 x* | -f shop").unwrap();
    assert_eq!(pairs(filter.highlights("NAME", "web-7d")), [(0, 5)]);
    assert_eq!(pairs(filter.highlights("STATUS", "CrashLoopBackOff")), [(9, 13)]);
    assert_eq!(pairs(filter.highlights("CAUSE", "CrashLoopBackOff")), []);
    assert_eq!(pairs(Filter::parse("-f wx").unwrap().highlights("NAME", "äw-x")), [(2, 3), (4, 5)]);
    assert_eq!(pairs(Filter::parse("-f äx").unwrap().highlights("NAME", "日äw-x")), [(3, 5), (7, 8)]);
}

#[test]
fn a_longer_word_narrows_and_another_word_does_not() {
    let narrows = |new: &str, old: &str| Filter::parse(new).unwrap().narrows(&Filter::parse(old).unwrap());
    assert!(narrows("web", ""));
    assert!(narrows("webs", "web"));
    assert!(narrows("web restarts>3", "web"));
    assert!(narrows("restarts>3 web", "restarts>3"));
    assert!(!narrows("we", "web"));
    assert!(!narrows("!webs", "!web"));
    assert!(!narrows("restarts>31", "restarts>3"));
    assert!(!narrows("web | db", "web"));
}

proptest! {
    #[test]
    fn any_text_parses_or_is_refused_and_never_panics(
        text in "[ a-c!|=<>~:()\"'\\\\*+\\[\\]{}^$./%0-9-]{0,24}|(-l |-f |label:)?.{0,12}"
    ) {
        if let Ok(filter) = Filter::parse(&text) {
            let again = Filter::parse(filter.source()).unwrap();
            prop_assert_eq!(again.matches(&pod()), filter.matches(&pod()));
            for range in filter.highlights("NAME", "web ünïcode 日本") {
                prop_assert!("web ünïcode 日本".get(range).is_some());
            }
        }
    }

    #[test]
    fn a_filter_that_narrows_shows_no_row_that_was_hidden(old in "[a-wb]{1,2}( [a-w]{1,2})?", more in "[a-w -]{0,3}") {
        let (before, after) = (Filter::parse(&old).unwrap(), Filter::parse(&format!("{old}{more}")));
        if let Ok(after) = after && after.narrows(&before) && after.matches(&pod()) {
            prop_assert!(before.matches(&pod()));
        }
    }
}
