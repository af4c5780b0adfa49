//! What the system says of a server's process.

use std::time::Duration;

use super::Server;

/// `getconf CLK_TCK`: the same on every Linux.
const TICKS_PER_SECOND: u64 = 100;

impl Server {
    /// Memory in use, in KiB.
    pub(crate) fn memory(&self) -> u64 {
        self.status_field("VmRSS:")
    }

    /// The most memory that was in use since its start, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        self.status_field("VmHWM:")
    }

    /// Files and sockets that it has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.id()))
            .unwrap()
            .count()
    }

    /// Processor time that it took so far.
    pub(crate) fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.id())).unwrap();
        // Behind the name, which stands in parentheses: proc(5), fields 14 and 15.
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split(' ').collect();
        let ticks: u64 = [12, 13]
            .iter()
            .map(|&at| fields[at].parse::<u64>().unwrap())
            .sum();
        Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND)
    }

    fn status_field(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        let value = line.split_ascii_whitespace().nth(1).unwrap();
        value.parse().unwrap()
    }
}
