//! TXT records, asked from the name servers of this machine.
//!
//! Invariants: a question goes out over a socket that hears its server only, under an identifier that nobody can guess; an
//! answer is bounded in size and time; one that is no answer to the question is passed over. (Who stands between us and the
//! name server can answer in its place: that is DNS, and the reason why the way there belongs in a network that one trusts.)

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, RCODE, TYPE};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::{Instant, timeout, timeout_at};

/// Where a machine says which name servers it asks.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// As resolv.conf(5) has it.
const MOST_SERVERS: usize = 3;
const PORT: u16 = 53;
/// For each try at a server, over UDP and over TCP alike.
const ANSWER: Duration = Duration::from_secs(2);
/// For all of them.
const WHOLE: Duration = Duration::from_secs(10);
const TRIES: usize = 2;
/// The largest UDP message without extensions is 512 octets; a server that sends more is heard, too.
const LARGEST_DATAGRAM: usize = 4_096;
/// More records than any domain has.
const MOST_RECORDS: usize = 200;

/// Why nothing is known about a name.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// This machine names none, and none is configured.
    #[error("No name server is known: {RESOLV_CONF} names none, and dns.servers is not set.")]
    NoServer,
    /// The name is too long to be asked for.
    #[error("The name cannot be asked for: it is too long.")]
    Name,
    /// None of them answered.
    #[error("No name server answered. Try again in a minute.")]
    Silent,
    /// They answered that they cannot tell.
    #[error("The name server could not find out ({0}). Try again in a minute.")]
    Failed(String),
}

/// The texts of a name's TXT records; none when there is no such name, or it has none. `servers` are asked in their order;
/// without one, those that this machine names.
pub async fn txt_records(
    name: &str,
    servers: &[SocketAddr],
    id: [u8; 2],
) -> Result<Vec<String>, LookupError> {
    let own;
    let servers = if servers.is_empty() {
        own = servers_of_this_machine().await;
        &own[..]
    } else {
        servers
    };
    if servers.is_empty() {
        return Err(LookupError::NoServer);
    }
    let id = u16::from_be_bytes(id);
    let question = question(name, id).ok_or(LookupError::Name)?;
    timeout(WHOLE, ask_all(servers, &question, name, id))
        .await
        .unwrap_or(Err(LookupError::Silent))
}

async fn ask_all(
    servers: &[SocketAddr],
    question: &[u8],
    name: &str,
    id: u16,
) -> Result<Vec<String>, LookupError> {
    let mut failure = LookupError::Silent;
    for server in std::iter::repeat_n(servers, TRIES).flatten() {
        match ask(*server, question, name, id).await {
            Some(DnsAnswer::Texts(texts)) => return Ok(texts),
            Some(DnsAnswer::Failed(code)) => failure = LookupError::Failed(code),
            None => {}
        }
    }
    Err(failure)
}

enum DnsAnswer {
    Texts(Vec<String>),
    Failed(String),
}

/// One server's answer, if it gives one.
async fn ask(server: SocketAddr, question: &[u8], name: &str, id: u16) -> Option<DnsAnswer> {
    let answer = over_udp(server, question, name, id).await?;
    let packet = Packet::parse(&answer).ok()?;
    if !packet.has_flags(PacketFlag::TRUNCATION) {
        return Some(read(&packet, name));
    }
    let whole = timeout(ANSWER, over_tcp(server, question)).await.ok()??;
    let packet = Packet::parse(&whole).ok()?;
    answers(&packet, name, id).then(|| read(&packet, name))
}

async fn over_udp(server: SocketAddr, question: &[u8], name: &str, id: u16) -> Option<Vec<u8>> {
    let own: IpAddr = match server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((own, 0)).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(question).await.ok()?;
    let end = Instant::now() + ANSWER;
    let mut octets = vec![0; LARGEST_DATAGRAM];
    loop {
        let length = timeout_at(end, socket.recv(&mut octets)).await.ok()?.ok()?;
        let answer = octets.get(..length)?;
        // Anybody can send anything; the one that answers may come behind it.
        if Packet::parse(answer).is_ok_and(|packet| answers(&packet, name, id)) {
            return Some(answer.to_vec());
        }
    }
}

/// RFC 1035 4.2.2: the same message behind its length.
async fn over_tcp(server: SocketAddr, question: &[u8]) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let mut sent = u16::try_from(question.len()).ok()?.to_be_bytes().to_vec();
    sent.extend_from_slice(question);
    stream.write_all(&sent).await.ok()?;
    let length = stream.read_u16().await.ok()?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await.ok()?;
    Some(answer)
}

fn question(name: &str, id: u16) -> Option<Vec<u8>> {
    let mut packet = Packet::new_query(id);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    packet.questions.push(Question::new(
        Name::new(name).ok()?,
        QTYPE::TYPE(TYPE::TXT),
        QCLASS::CLASS(CLASS::IN),
        false,
    ));
    packet.build_bytes_vec().ok()
}

/// Whether a message is an answer to the question for this name.
fn answers(packet: &Packet<'_>, name: &str, id: u16) -> bool {
    packet.id() == id
        && packet.has_flags(PacketFlag::RESPONSE)
        && matches!(&packet.questions[..], [question] if is_name(&question.qname, name))
}

fn read(packet: &Packet<'_>, name: &str) -> DnsAnswer {
    match packet.rcode() {
        RCODE::NoError => {}
        RCODE::NameError => return DnsAnswer::Texts(Vec::new()),
        other => return DnsAnswer::Failed(format!("{other:?}")),
    }
    // The name may be another one's alias; the server, which was asked to go after it, names the records by their own name.
    let mut names = vec![name.to_owned()];
    for record in packet.answers.iter().take(MOST_RECORDS) {
        if let RData::CNAME(alias) = &record.rdata
            && names.iter().any(|name| is_name(&record.name, name))
        {
            names.push(alias.0.to_string());
        }
    }
    let records = packet.answers.iter().take(MOST_RECORDS);
    let texts = records.filter_map(|record| match &record.rdata {
        RData::TXT(text) if names.iter().any(|name| is_name(&record.name, name)) => {
            String::try_from(text.clone()).ok()
        }
        _ => None,
    });
    DnsAnswer::Texts(texts.collect())
}

fn is_name(found: &Name<'_>, wanted: &str) -> bool {
    found.to_string().eq_ignore_ascii_case(wanted)
}

async fn servers_of_this_machine() -> Vec<SocketAddr> {
    let read = tokio::task::spawn_blocking(|| std::fs::read_to_string(RESOLV_CONF));
    let text = read.await.ok().and_then(Result::ok).unwrap_or_default();
    named_in(&text)
}

/// The servers that a resolv.conf names. An address with a zone (`fe80::1%eth0`) is passed over.
fn named_in(text: &str) -> Vec<SocketAddr> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_ascii_whitespace();
            let address = words.next().filter(|word| *word == "nameserver");
            address.and_then(|_| words.next()?.parse::<IpAddr>().ok())
        })
        .take(MOST_SERVERS)
        .map(|address| (address, PORT).into())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_a_machine() {
        let text = "# made by hand\nsearch corp.example\nnameserver 10.0.0.1\nnameserver\n nameserver 2001:db8::1\n\
                    nameserver fe80::1%eth0\noptions edns0\nnameserver 10.0.0.2\nnameserver 10.0.0.3\n";
        let expected = ["10.0.0.1:53", "[2001:db8::1]:53", "10.0.0.2:53"];
        assert_eq!(named_in(text), expected.map(|one| one.parse().unwrap()));
        assert!(named_in("").is_empty());
    }

    /// Answers each question by what `answer` makes of it; none sends nothing.
    async fn serve(answer: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        tokio::spawn(async move {
            let mut octets = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut octets).await {
                for message in answer(&octets[..length]) {
                    let _ = socket.send_to(&message, from).await;
                }
            }
        });
        address
    }

    fn reply(question: &[u8], change: impl FnOnce(&mut Packet<'_>)) -> Vec<u8> {
        let asked = Packet::parse(question).unwrap();
        let mut packet = Packet::new_reply(asked.id());
        packet.questions = asked.questions.clone();
        change(&mut packet);
        packet.build_bytes_vec().unwrap()
    }

    fn record(name: &'static str, rdata: RData<'static>) -> simple_dns::ResourceRecord<'static> {
        simple_dns::ResourceRecord::new(Name::new_unchecked(name), CLASS::IN, 60, rdata)
    }

    fn text(text: &'static str) -> RData<'static> {
        RData::TXT(simple_dns::rdata::TXT::new().with_string(text).unwrap())
    }

    const NAME: &str = "_vestibule.acme.test";

    async fn asked(server: SocketAddr) -> Result<Vec<String>, LookupError> {
        txt_records(NAME, &[server], [1, 2]).await
    }

    #[tokio::test]
    async fn texts_are_read_behind_what_is_no_answer() {
        let server = serve(|question| {
            let other_id = |octets: Vec<u8>| [&[9, 9], &octets[2..]].concat();
            let right = |packet: &mut Packet<'_>| {
                packet
                    .answers
                    .push(record("_VESTIBULE.acme.test", text("a=1")));
                packet.answers.push(record("other.test", text("not ours")));
            };
            let mut elsewhere = Packet::new_reply(0x0102);
            elsewhere.questions.push(Question::new(
                Name::new_unchecked("evil.test"),
                QTYPE::TYPE(TYPE::TXT),
                QCLASS::CLASS(CLASS::IN),
                false,
            ));
            vec![
                b"nonsense".to_vec(),
                question.to_vec(),
                other_id(reply(question, right)),
                elsewhere.build_bytes_vec().unwrap(),
                reply(question, right),
            ]
        })
        .await;
        assert_eq!(asked(server).await.unwrap(), ["a=1"]);
    }

    #[tokio::test]
    async fn an_alias_is_followed_and_no_name_has_no_texts() {
        let server = serve(|question| {
            vec![reply(question, |packet| {
                let alias = Name::new_unchecked("host.example");
                packet
                    .answers
                    .push(record(NAME, RData::CNAME(alias.into())));
                packet.answers.push(record("host.example", text("b=2")));
            })]
        })
        .await;
        assert_eq!(asked(server).await.unwrap(), ["b=2"]);

        let none = serve(|question| {
            vec![reply(question, |packet| {
                *packet.rcode_mut() = RCODE::NameError;
            })]
        })
        .await;
        assert!(asked(none).await.unwrap().is_empty());

        let broken = serve(|question| {
            vec![reply(question, |packet| {
                *packet.rcode_mut() = RCODE::ServerFailure;
            })]
        })
        .await;
        let failed = asked(broken).await.unwrap_err();
        assert!(matches!(failed, LookupError::Failed(_)), "{failed}");
    }

    #[tokio::test]
    async fn an_answer_that_was_cut_off_is_asked_for_again() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let socket = UdpSocket::bind(address).await.unwrap();
        tokio::spawn(async move {
            let mut octets = [0; 512];
            let (length, from) = socket.recv_from(&mut octets).await.unwrap();
            let cut = reply(&octets[..length], |packet| {
                packet.set_flags(PacketFlag::TRUNCATION);
            });
            socket.send_to(&cut, from).await.unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            let length = usize::from(stream.read_u16().await.unwrap());
            let mut question = vec![0; length];
            stream.read_exact(&mut question).await.unwrap();
            let whole = reply(&question, |packet| {
                packet.answers.push(record(NAME, text("c=3")));
            });
            let length = u16::try_from(whole.len()).unwrap();
            stream.write_u16(length).await.unwrap();
            stream.write_all(&whole).await.unwrap();
        });
        assert_eq!(asked(address).await.unwrap(), ["c=3"]);
    }
}
