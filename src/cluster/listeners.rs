//! Which ports something listens on, Docker or not: from the kernel's tables in `/proc/net`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::dial::Route;
use super::fault::Fault;
use crate::observed::Listener;

const TABLES: [&str; 4] = ["/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6"];
const COMMAND: &str = "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6";

/// The kernel's names of the states that take a port: listening for TCP, unconnected for UDP.
const TCP_LISTEN: &str = "0A";
const UDP_UNCONNECTED: &str = "07";

/// What listens on the machine at the other end. Empty where it cannot be seen: over TCP, or without `/proc`.
pub(super) async fn listeners(route: &Route) -> Result<Vec<Listener>, Fault> {
    let text = match route {
        Route::Ssh(ssh) => String::from_utf8_lossy(&ssh.output(COMMAND).await?).into_owned(),
        Route::Unix(_) => TABLES.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect(),
        Route::Tcp { .. } => String::new(),
    };
    Ok(parse(&text))
}

/// Reads the tables, one after the other. Lines that are none of a table's are passed over.
fn parse(text: &str) -> Vec<Listener> {
    let mut protocol = "tcp";
    let mut listeners = Vec::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        match fields.as_slice() {
            // Of the headers, only those of UDP have this last column.
            ["sl", .., last] => protocol = if *last == "drops" { "udp" } else { "tcp" },
            [_, local, _, state, ..] => {
                let taken = if protocol == "tcp" { TCP_LISTEN } else { UDP_UNCONNECTED };
                if *state == taken
                    && let Some((address, port)) = address_and_port(local)
                {
                    let address = address.to_string();
                    listeners.push(Listener { address, port, protocol: protocol.to_owned() });
                }
            }
            _ => {}
        }
    }
    listeners.sort();
    listeners.dedup();
    listeners
}

/// Reads `0100007F:1F90`. Addresses are words of 32 bits in the machine's byte order, which is taken to be
/// little-endian: that of every platform that Docker runs on, s390x apart.
fn address_and_port(text: &str) -> Option<(IpAddr, u16)> {
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let word = |at: usize| u32::from_str_radix(address.get(at..at + 8)?, 16).ok().map(u32::to_le_bytes);
    let address = match address.len() {
        8 => IpAddr::V4(Ipv4Addr::from(word(0)?)),
        32 => {
            let mut bytes = [0; 16];
            for (index, chunk) in bytes.chunks_exact_mut(4).enumerate() {
                chunk.copy_from_slice(&word(index * 8)?);
            }
            Ipv6Addr::from(bytes).to_canonical()
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2
   2: 0B004D0A:0016 01004D0A:C350 01 00000000:00000000 00:00000000 00000000     0        0 3
  sl  local_address                         remote_address                        st tx_queue rx_queue
   0: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 4
   1: 0000000000000000FFFF00000100007F:1F91 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 5
   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  99: 00000000:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 6 2 0 0
cat: /proc/net/udp6: No such file or directory
";

    #[test]
    fn listening_sockets_of_all_four_tables_are_read() {
        let seen: Vec<String> =
            parse(TEXT).iter().map(|one| format!("{} {} {}", one.protocol, one.address, one.port)).collect();
        let expected = ["udp 0.0.0.0 53", "tcp 0.0.0.0 22", "tcp 127.0.0.1 8080", "tcp 127.0.0.1 8081", "tcp :: 80"];
        let mut expected = expected.map(str::to_owned).to_vec();
        let mut seen = seen;
        expected.sort();
        seen.sort();
        assert_eq!(seen, expected);
    }

    #[test]
    fn rubbish_is_passed_over() {
        assert_eq!(parse("0: zz:1 x 0A\n: 0A 0A 0A\n1: ÄÖÜÄ:0016 x 0A\n"), []);
    }
}
