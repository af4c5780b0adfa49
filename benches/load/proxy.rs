//! Our own reverse proxy beside nginx's `proxy_pass`, to the same upstream.

use std::fs;

use crate::client::Request;
use crate::gate::{add_application, hand_over, navigation};
use crate::report::{self, Figures, head};
use crate::server::{Cores, Server};
use crate::table::{get, repeated};
use crate::world::World;

const CONNECTIONS: usize = 16;
/// As often is each figure taken, in turn.
const ROUNDS: usize = 3;
/// The answers of the bare axum, by their addresses.
const ANSWERS: [(&str, &str, &str); 2] = [
    ("1 KB", "/1k", "≥ 60 % of nginx"),
    ("1 MB", "/1m", "as nginx"),
];

/// `script/bench proxy`
pub(crate) async fn proxy(cores: &Cores) {
    let world = World::new(1).await;
    // Beside the load, so that the proxy has its core for itself.
    let upstream = Server::bare(&cores.of_client());
    add_application(
        &world,
        &["--upstream", &format!("http://{}", upstream.address)],
    );
    let server = Server::vestibule(world.data(), cores);
    let session = world.sign_in(&server).await;
    let gate = hand_over(&server, &session).await;
    let nginx = Server::nginx(world.data(), upstream.address, cores);
    println!("\n{CONNECTIONS} connections; the upstream is a bare axum on the client's core");
    for (name, path, goal) in ANSWERS {
        let asked: Request = navigation(path, &gate);
        let work = [
            (&upstream, get(path, "")),
            (&nginx, asked.clone()),
            (&server, asked),
        ];
        let mut rounds = [const { Vec::new() }; 3];
        for _ in 0..ROUNDS {
            for ((server, request), figures) in work.iter().zip(&mut rounds) {
                figures.push(repeated(server, CONNECTIONS, request).await);
            }
        }
        let [bare, nginx, own] = rounds.map(Figures::middle);
        let mut columns = report::LOAD;
        columns[3] = "of nginx";
        head(&columns);
        bare.report(&format!("{name}: the upstream itself"), "", &nginx);
        nginx.report(&format!("{name}: nginx, proxy_pass"), "", &nginx);
        own.report(&format!("{name}: ours, with a check"), goal, &nginx);
    }
    println!(
        "memory of ours after it: {}",
        report::megabytes(server.memory().resident)
    );
}

/// What nginx needs to do the same.
pub(crate) fn nginx_conf(
    data: &std::path::Path,
    listen: &str,
    upstream: &str,
) -> std::path::PathBuf {
    let dir = data.join("nginx");
    fs::create_dir_all(&dir).unwrap();
    let file = dir.join("nginx.conf");
    let text = format!(
        "daemon off; master_process off; worker_processes 1; pid {dir}/pid; error_log {dir}/error.log;\n\
         events {{ worker_connections 1024; }}\n\
         http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {dir}/a; proxy_temp_path {dir}/b; fastcgi_temp_path {dir}/c;\n\
         uwsgi_temp_path {dir}/d; scgi_temp_path {dir}/e;\n\
         upstream app {{ server {upstream}; keepalive 64; keepalive_requests 1000000000; }}\n\
         server {{ listen {listen}; location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection \"\"; }} }} }}\n",
        dir = dir.display()
    );
    fs::write(&file, text).unwrap();
    file
}
