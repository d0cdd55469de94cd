//! Endpoints: how an engine is reached.
//!
//! What is written here ends up as an argument of `ssh`, so that whatever could be taken for an option or for more than
//! one word is refused.

use crate::inventory::model::Endpoint;

/// Reads an endpoint without certificates. The error says what is wrong.
pub(super) fn parse(text: &str) -> Result<Endpoint, &'static str> {
    if text == "local" {
        return Ok(Endpoint::Local);
    }
    if let Some(name) = text.strip_prefix("context:") {
        return if is_word(name) { Ok(Endpoint::Context(name.to_owned())) } else { Err("this is no context's name") };
    }
    match text.split_once("://") {
        Some(("unix", path)) if path.starts_with('/') => Ok(Endpoint::Unix(path.to_owned())),
        Some(("unix", _)) => Err("a socket's path is absolute: `unix:///run/docker.sock`"),
        Some(("ssh", rest)) => ssh(rest),
        Some(("tcp", rest)) => tcp(rest),
        _ => Err("it must begin with `ssh://`, `unix://`, `tcp://` or `context:`"),
    }
}

/// Whether something can be a host's name or address.
pub(super) fn is_host(text: &str) -> bool {
    is_word(text) || text.parse::<std::net::IpAddr>().is_ok()
}

fn ssh(rest: &str) -> Result<Endpoint, &'static str> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    if user.is_some_and(|user| !is_word(user)) {
        return Err("the login name may hold only letters, digits, `.`, `_` and `-`, and not begin with `-`");
    }
    let (host, port) = host_and_port(rest)?;
    Ok(Endpoint::Ssh { user: user.map(str::to_owned), host, port })
}

fn tcp(rest: &str) -> Result<Endpoint, &'static str> {
    let (host, port) = host_and_port(rest.strip_suffix('/').unwrap_or(rest))?;
    let port = port.ok_or("a port is needed: `tcp://host:2376`")?;
    Ok(Endpoint::Tcp { host, port, tls: None })
}

fn host_and_port(text: &str) -> Result<(String, Option<u16>), &'static str> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, Some(rest.strip_prefix(':').ok_or("after `]` comes `:` and a port")?)),
        None => text.rsplit_once(':').map_or((text, None), |(host, port)| (host, Some(port))),
    };
    if !is_host(host) {
        return Err("the host may hold only letters, digits, `.`, `_` and `-`, and not begin with `-`");
    }
    let number = |port: &str| port.parse().ok().filter(|port| *port > 0).ok_or("the port is a number from 1 to 65535");
    Ok((host.to_owned(), port.map(number).transpose()?))
}

fn is_word(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    !text.is_empty() && !text.starts_with('-') && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read() {
        let ssh = |user: Option<&str>, host: &str, port| Endpoint::Ssh {
            user: user.map(str::to_owned),
            host: host.into(),
            port,
        };
        let cases = [
            ("ssh://root@one", ssh(Some("root"), "one", None)),
            ("ssh://one:2222/", ssh(None, "one", Some(2222))),
            ("ssh://a@[fd00::1]:22", ssh(Some("a"), "fd00::1", Some(22))),
            ("unix:///run/docker.sock", Endpoint::Unix("/run/docker.sock".into())),
            ("tcp://10.0.0.1:2376", Endpoint::Tcp { host: "10.0.0.1".into(), port: 2376, tls: None }),
            ("context:prod", Endpoint::Context("prod".into())),
            ("local", Endpoint::Local),
        ];
        for (text, endpoint) in cases {
            assert_eq!(parse(text), Ok(endpoint), "{text}");
        }
    }

    #[test]
    fn what_could_be_taken_for_an_option_is_refused() {
        let texts = [
            "ssh://-oProxyCommand=x",
            "ssh://a b",
            "ssh://-l@one",
            "ssh://one;x",
            "ssh://$(x)",
            "ssh://",
            "ssh://one:0",
            "ssh://one:x",
            "tcp://one",
            "unix://run",
            "http://one",
            "one",
            "context:",
            "context:-x",
            "ssh://one/path",
        ];
        for text in texts {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
