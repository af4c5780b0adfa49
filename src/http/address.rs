//! Addresses of a site, as links and redirects name them.

/// The address of the choice.
pub(crate) fn choice(return_to: Option<&str>) -> String {
    address("/sign-in", &[("return_to", return_to)])
}

/// An address of this site with a query.
pub(crate) fn address(path: &str, parameters: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}
