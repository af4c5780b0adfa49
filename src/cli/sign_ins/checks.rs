//! The checks of a sign-in and what to do about it, as `attempts show` and `explain` print them.

use crate::cli::error::Result;
use crate::cli::output::Output;
use crate::domain::Check;

/// Every check on three lines: mark, rule and subject; expected; received.
pub(super) fn print_checks(checks: &[Check], out: &mut Output) -> Result<()> {
    for check in checks {
        let mark = if check.passed { '✓' } else { '✗' };
        out.line(format!("{mark} {:<3} {}", check.rule, check.subject))?;
        let fields = [("expected", &check.expected), ("received", &check.received)];
        out.fields("      ", 10, fields)?;
    }
    Ok(())
}

/// What to do, one line each.
pub(super) fn print_advice(advice: &[String], out: &mut Output) -> Result<()> {
    for line in advice {
        out.line(format!("→ {line}"))?;
    }
    Ok(())
}
