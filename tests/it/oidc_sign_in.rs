//! Whole behaviours of connections that speak OpenID Connect: our side over HTTP, providers over sockets.

mod logout;
mod logout_world;
