//! Logs: one line for each request, no personal data.
