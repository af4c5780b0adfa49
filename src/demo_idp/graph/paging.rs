//! Pages, and the links that lead on. A link is opaque: it holds where the list goes on, and what was asked for.

use super::call::GraphCall;
use super::fault::FaultName;
use super::refusal::DemoRefusal;
use crate::demo_idp::DemoIdp;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// How many items a page has where nothing is said.
const USUAL: usize = 100;

/// Where a list goes on.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct PagePlace {
    pub(super) offset: usize,
    /// The entries of the change log that are told.
    pub(super) from: usize,
    pub(super) to: usize,
    /// Whether it is a full round.
    pub(super) is_full: bool,
    /// When the link was made.
    pub(super) made: i64,
    pub(super) select: Option<String>,
    pub(super) filter: Option<String>,
}

impl PagePlace {
    pub(super) fn encode(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(text)
    }

    pub(super) fn decode(text: &str) -> Result<Self, DemoRefusal> {
        let octets = URL_SAFE_NO_PAD.decode(text).ok();
        let place = octets.and_then(|it| serde_json::from_slice(&it).ok());
        place.ok_or_else(|| DemoRefusal::bad("The token in the address is malformed."))
    }
}

/// How many items the pages of a question have.
pub(super) fn size(idp: &DemoIdp, call: &GraphCall) -> Result<usize, DemoRefusal> {
    let asked = call.top()?.unwrap_or(USUAL);
    Ok(idp
        .graph()
        .page_size()
        .map_or(asked, |most| most.min(asked)))
}

/// One page of a list that is asked for by options.
pub(super) fn page(
    idp: &DemoIdp,
    call: &GraphCall,
    context: &str,
    items: Vec<Value>,
) -> Result<Value, DemoRefusal> {
    // A small page is a page: whoever asks for few gets no more, and a link.
    let size = size(idp, call)?;
    let place = match call.option("$skiptoken") {
        Some(token) => PagePlace::decode(token)?,
        None => PagePlace::default(),
    };
    if call.option("$skiptoken").is_some() && idp.graph().faults().is_on(FaultName::ExpiredPage) {
        return Err(DemoRefusal::new(
            400,
            "Directory_ExpiredPageToken",
            "The specified page token value has expired and can no longer be included in your request.",
        ));
    }
    let all = items.len();
    let on_page: Vec<Value> = items.into_iter().skip(place.offset).take(size).collect();
    let mut page = Map::new();
    page.insert("@odata.context".to_owned(), context_of(call, context));
    if call.option("$count") == Some("true") && place.offset == 0 {
        page.insert("@odata.count".to_owned(), all.into());
    }
    let end = place.offset + on_page.len();
    let next = (end < all).then(|| link_to(call, end));
    let links = PageLinks {
        again: link_to(call, place.offset),
        next,
    };
    finish(idp, call, &mut page, on_page, links);
    Ok(Value::Object(page))
}

/// Where a page leads.
pub(super) struct PageLinks {
    /// Here.
    pub(super) again: String,
    /// To the next page.
    pub(super) next: Option<String>,
}

/// Puts items and link on a page, as the faults want them.
pub(super) fn finish(
    idp: &DemoIdp,
    call: &GraphCall,
    page: &mut Map<String, Value>,
    items: Vec<Value>,
    links: PageLinks,
) {
    let mut faults = idp.graph().faults();
    let path = call.segments.join("/");
    let PageLinks { again, next } = links;
    let is_first = call.option("$skiptoken").is_none();
    let (items, next) = if faults.is_on(FaultName::ForeignNextLink) {
        let link = format!("https://graph.example.net/v1.0/{path}?$skiptoken=x");
        (items, Some(link))
    } else if faults.is_on(FaultName::NextLinkLoop) {
        (items, Some(again))
    } else if is_first && faults.is_on(FaultName::EmptyPageWithLink) {
        (Vec::new(), Some(again))
    } else {
        (items, next)
    };
    if let Some(next) = next {
        page.insert("@odata.nextLink".to_owned(), next.into());
    }
    page.insert("value".to_owned(), items.into());
}

pub(super) fn context_of(call: &GraphCall, of: &str) -> Value {
    json!(format!("{}/$metadata#{of}", call.base))
}

/// The same question, from an item on.
fn link_to(call: &GraphCall, offset: usize) -> String {
    let place = PagePlace {
        offset,
        ..PagePlace::default()
    };
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in call.options.iter().filter(|(name, _)| name != "$skiptoken") {
        query.append_pair(name, value);
    }
    query.append_pair("$skiptoken", &place.encode());
    format!(
        "{}/{}?{}",
        call.base,
        call.segments.join("/"),
        query.finish()
    )
}
