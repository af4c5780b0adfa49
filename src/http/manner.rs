//! A route's manner: what the edge must know of it, told where it is mounted.
//!
//! The edge knows no route and no face by name; whatever differs between two routes stands here.

/// What the edge does around a route.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Manner {
    /// The most octets of a body; `limits.body_bytes` where that is more.
    pub(crate) body_bytes: usize,
    pub(crate) failures: Failures,
    pub(crate) routine: Routine,
    pub(crate) opener: Opener,
    /// Whether it answers on the site of a company that is suspended.
    pub(crate) while_suspended: bool,
    /// Who reads the answer's headers.
    pub(crate) reader: Reader,
    /// What the addresses of a page's parts begin with: nothing on a company's site.
    pub(crate) base: &'static str,
}

/// The form of a failure that no handler has told itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failures {
    /// A page, or JSON where the client asks for it.
    Page,
    /// A problem document with a type (RFC 9457).
    Problem,
}

/// The answers that are not worth a line in the log, because machines ask for them again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Routine {
    None,
    /// Whatever is no failure.
    Success,
    /// The same, and that nobody is signed in.
    SuccessOrUnauthorized,
}

/// What whoever opened the window sees of it: `Cross-Origin-Opener-Policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opener {
    CutOff,
    /// A step of a sign-in or sign-out, which an application may have opened in a window of its own. One answer on this way with another
    /// value, a redirect as well, and the application would be told that the window was closed. The opener can see that it closes,
    /// lead it elsewhere and close it, and reads nothing in it.
    Keeps,
}

/// Who reads the headers of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// A browser, which is told what the answer may do.
    Browser,
    /// A proxy, whose buffer for headers is small (rule Q27).
    Proxy,
}

impl Manner {
    /// A page for people.
    pub(crate) const PAGE: Self = Self {
        body_bytes: 0,
        failures: Failures::Page,
        routine: Routine::None,
        opener: Opener::CutOff,
        while_suspended: false,
        reader: Reader::Browser,
        base: "",
    };
    /// A step of a sign-in or a sign-out.
    pub(crate) const STEP: Self = Self {
        opener: Opener::Keeps,
        ..Self::PAGE
    };
    /// What every site shows whatever its company is, and what is asked for again and again: probes, and the parts of pages.
    pub(crate) const ALWAYS: Self = Self {
        routine: Routine::Success,
        while_suspended: true,
        ..Self::PAGE
    };
    /// For programs.
    pub(crate) const API: Self = Self {
        failures: Failures::Problem,
        ..Self::PAGE
    };

    /// What a reverse proxy asks about every request of its own.
    pub(crate) const CHECK: Self = Self {
        reader: Reader::Proxy,
        routine: Routine::SuccessOrUnauthorized,
        while_suspended: true,
        ..Self::API
    };

    /// What we answer in the place of an application whose proxy we are.
    pub(crate) const PASSED: Self = Self {
        routine: Routine::SuccessOrUnauthorized,
        base: "/.vestibule",
        ..Self::PAGE
    };

    /// With pages whose parts are below an address.
    pub(crate) const fn with_base(self, base: &'static str) -> Self {
        Self { base, ..self }
    }

    /// With bodies of up to so many octets, each of whose readers has a bound of its own.
    pub(crate) const fn with_body(self, body_bytes: usize) -> Self {
        Self { body_bytes, ..self }
    }

    /// With answers that are not worth a line in the log.
    pub(crate) const fn with_routine(self, routine: Routine) -> Self {
        Self { routine, ..self }
    }
}

impl Routine {
    /// Whether an answer with this status is one of them.
    pub(crate) fn holds(self, status: u16) -> bool {
        match self {
            Self::None => false,
            Self::Success => status < 400,
            Self::SuccessOrUnauthorized => status < 400 || status == 401,
        }
    }
}
