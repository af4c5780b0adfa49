//! The methods of an address.
//!
//! Invariant: a handler's first argument is the [`Caller`] with the scope that it needs; one without does not compile. The
//! document alone is [`open`].

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use super::caller::{Caller, Needs};
use crate::app::App;

/// The arguments of a handler that begin with a [`Caller`]. Before them stands axum's own mark of how the last one is read.
pub(super) trait BeginWithCaller {}

macro_rules! begin_with_caller {
    ($(($($more:ident),*);)+) => {$(
        impl<M, S: Needs, $($more),*> BeginWithCaller for (M, Caller<S>, $($more,)*) {}
    )+};
}

begin_with_caller! {
    ();
    (A);
    (A, B);
    (A, B, C);
}

/// Methods with their handlers.
pub(super) struct Methods(MethodRouter<Arc<App>>);

macro_rules! methods {
    ($($name:ident),+) => {
        impl Methods {$(
            pub(super) fn $name<H, T>(self, handler: H) -> Self
            where
                H: Handler<T, Arc<App>>,
                T: BeginWithCaller + 'static,
            {
                Self(self.0.$name(handler))
            }
        )+}
    };
}

macro_rules! first_methods {
    ($($name:ident),+) => {$(
        pub(super) fn $name<H, T>(handler: H) -> Methods
        where
            H: Handler<T, Arc<App>>,
            T: BeginWithCaller + 'static,
        {
            Methods(MethodRouter::new()).$name(handler)
        }
    )+};
}

methods!(get, put, post, patch, delete);
first_methods!(get, put, post, delete);

/// What needs no token, to be read.
pub(super) fn open<H, T>(handler: H) -> Methods
where
    H: Handler<T, Arc<App>>,
    T: 'static,
{
    Methods(routing::get(handler))
}

impl From<Methods> for MethodRouter<Arc<App>> {
    fn from(methods: Methods) -> Self {
        methods.0
    }
}
