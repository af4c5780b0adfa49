//! Vestibule: a self-hosted SAML 2.0 service provider server.
//!
//! The map. Arrows point one way, and `tests/it/rooms.rs` holds them to it:
//!
//! ```text
//! main → cli → web → front, console, api → http → admin, app, login, logout → store, outbound → database, domain, saml → xml
//! ```
//!
//! | room | what |
//! | --- | --- |
//! | [`xml`] | strict XML: parse into an arena, canonicalise, write |
//! | [`saml`] | SAML 2.0: bytes and time in, verdicts out |
//! | [`signature`] | RSA and ECDSA over a digest, as XML Signature and JWS have them |
//! | [`jose`] | signed JSON (JWS) and its keys (JWK) |
//! | [`oidc`] | OpenID Connect, as a relying party: octets and time in, verdicts out |
//! | [`graph`] | Microsoft Graph, as an application that only reads: questions and what an answer means |
//! | [`policy`] | what a check by a reverse proxy is answered: settings and a request in, a decision out |
//! | [`verdict`] | what a law requires, what was checked, why a message is refused |
//! | [`second_opinion`] | samael, asked once more where the operator wants it |
//! | [`escape`] | how values stand in pages |
//! | [`text`] | what may be shown of text that came from outside |
//! | [`domain`] | the nouns, without I/O |
//! | [`store`] | the only SQL |
//! | [`database`] | SQLite and PostgreSQL with one face, for the store |
//! | [`outbound`] | the only outgoing sockets |
//! | [`directory`] | a connection's directory in Microsoft Graph, ready to be asked |
//! | [`import`] | an identity provider's metadata becomes a connection's settings |
//! | [`login`], [`logout`] | where a session begins and ends |
//! | [`admin`] | what administrators do: the console, the API and the commands share it |
//! | [`http`] | the kit of the faces |
//! | [`front`], [`console`], [`api`] | the faces: people, a company's administrators, their scripts |
//! | [`web`] | every face under one edge |
//! | [`cli`] | the commands |

pub mod admin;
pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod console;
mod database;
#[cfg(feature = "demo")]
pub mod demo_application;
#[cfg(feature = "demo")]
pub mod demo_idp;
pub mod directory;
pub mod domain;
pub mod escape;
pub mod front;
mod gate;
pub mod graph;
pub mod http;
pub mod import;
pub mod jose;
pub mod keys;
pub mod login;
pub mod logout;
pub mod oidc;
pub mod outbound;
pub mod policy;
pub mod saml;
pub mod second_opinion;
pub mod signature;
pub mod site;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod verdict;
pub mod web;
pub mod xml;
