//! Why PostgreSQL cannot be reached, for whoever starts the server.
//!
//! Invariant: no password is in it.

use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};
use tokio::time::timeout;

use crate::database::Error;

/// How long the server may take to say why.
const WAIT: Duration = Duration::from_secs(3);

/// Asks once more without a pool, whose own error is only that nothing came in time.
pub(super) async fn explain(options: &PgConnectOptions, said: sqlx::Error) -> Error {
    let tried = timeout(WAIT, PgConnection::connect_with(options)).await;
    let why = match tried {
        Ok(Err(cause)) => plain(&cause),
        Err(_) => "it does not answer. Look at the host and the port, and at firewalls between."
            .to_owned(),
        // It is there now, and was not a moment ago.
        Ok(Ok(connection)) => {
            drop(connection.close().await);
            return said.into();
        }
    };
    Error::Unreachable {
        place: place(options),
        why,
    }
}

fn place(options: &PgConnectOptions) -> String {
    let at = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let user = options.get_username();
    let database = options.get_database().unwrap_or(user);
    format!("{at}, database {database}, user {user}")
}

fn plain(cause: &sqlx::Error) -> String {
    match cause {
        sqlx::Error::Io(cause) => match cause.kind() {
            ErrorKind::ConnectionRefused => {
                "nothing listens there. Look whether PostgreSQL runs, and at host and port."
                    .to_owned()
            }
            ErrorKind::NotFound => {
                "there is no such socket. Look whether PostgreSQL runs, and at host and port."
                    .to_owned()
            }
            ErrorKind::PermissionDenied => {
                "this user may not open its socket. Run this as the user that runs the server."
                    .to_owned()
            }
            ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
                "there is no way to that host. Look at the host, and at the network.".to_owned()
            }
            _ if cause.to_string().contains("lookup") => {
                "this machine does not find that host name. Look at the name, and at DNS."
                    .to_owned()
            }
            _ => format!("{cause}. Look at the host and the port."),
        },
        sqlx::Error::Tls(cause) => {
            format!("TLS fails ({cause}). Look at sslmode and sslrootcert in the URL.")
        }
        sqlx::Error::Database(cause) => {
            let advice = match cause.code().as_deref() {
                Some("28P01") => "Look at the user and the password in the URL",
                Some("28000") => "Look at the user, and at pg_hba.conf on the database's machine",
                Some("3D000") => "Look at the database's name, or make it with createdb",
                Some("42501") => "Give the user the right to connect to this database",
                Some("53300") => {
                    "It has no connection left: raise max_connections, or close others"
                }
                Some("57P03") => "It is starting or stopping: try again in a moment",
                _ => "Look at its log",
            };
            format!("it says: {}. {advice}.", cause.message())
        }
        other => format!("{other}. Look at the URL and at its log."),
    }
}
