//! The log goes to whoever reads standard error, who may be gone.

use crate::support::{ACME, Deployment, Server};

#[test]
fn a_log_that_nobody_takes_stops_nothing() {
    let Deployment { installation, .. } = Deployment::new();
    let mut command = installation.command();
    command.arg("serve");
    let server = Server::run_unheard(command);
    for _ in 0..3 {
        assert_eq!(server.status(ACME, "/sso/login"), 200);
        assert_eq!(server.status(ACME, "/no-such-page"), 404);
    }
    server.stop();
}
