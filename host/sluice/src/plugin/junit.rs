//! A judge's report as JUnit's XML, for what shows test results: a suite a plugin, a test case a clause, no times.

use std::io;

use anyhow::Result;
use quick_xml::{
    Writer,
    events::{BytesDecl, BytesText, Event},
};
use sluice_judge::{Outcome, Report, Verdict};

use super::test::explanation;

pub(super) fn render(report: &Report) -> Result<Vec<u8>> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let plugin = report.plugin.as_ref().map_or("unknown", |plugin| plugin.name.as_str());
    let count = |is: fn(&Outcome) -> bool| report.verdicts.iter().filter(|verdict| is(&verdict.outcome)).count().to_string();
    let failures = count(|outcome| matches!(outcome, Outcome::Broken(_)));
    let counts = [
        ("name", plugin),
        ("tests", &report.verdicts.len().to_string()),
        ("failures", &failures),
        ("errors", "0"),
        ("skipped", &count(|outcome| matches!(outcome, Outcome::Open { .. }))),
    ];
    writer.create_element("testsuites").write_inner_content(|writer| {
        writer
            .create_element("testsuite")
            .with_attributes(counts)
            .write_inner_content(|writer| report.verdicts.iter().try_for_each(|verdict| write_case(writer, plugin, verdict)))?;
        Ok(())
    })?;
    Ok(writer.into_inner())
}

fn write_case(writer: &mut Writer<Vec<u8>>, plugin: &str, Verdict { clause, outcome }: &Verdict) -> io::Result<()> {
    let name = format!("{} {}", clause.number, clause.name);
    let case = writer.create_element("testcase").with_attributes([("classname", plugin), ("name", name.as_str())]);
    match outcome {
        Outcome::Held { .. } => case.write_empty()?,
        Outcome::Open { why } => case.write_inner_content(|writer| {
            writer.create_element("skipped").with_attribute(("message", clean(why).as_str())).write_empty()?;
            Ok(())
        })?,
        Outcome::Broken(finding) => case.write_inner_content(|writer| {
            let message = clean(&format!("{}: {}", finding.case, finding.what));
            let lines: Vec<_> = explanation(clause, finding).iter().map(|(label, text)| format!("{label}: {text}")).collect();
            let failure = writer.create_element("failure").with_attributes([("type", clause.name), ("message", message.as_str())]);
            failure.write_text_content(BytesText::new(&clean(&format!("{message}\n{}", lines.join("\n")))))?;
            Ok(())
        })?,
    };
    Ok(())
}

/// XML has no control characters, however they are escaped.
fn clean(text: &str) -> String {
    let is_of_xml = |c: char| matches!(c, '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_of_xml(c) { c } else { '\u{fffd}' }).collect()
}
