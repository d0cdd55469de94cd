//! Whether a variable's value is a secret in plain sight.

use super::variables;

/// Words of names that hold secrets.
const SECRET: [&str; 17] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "SECRET",
    "SECRETS",
    "TOKEN",
    "TOKENS",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "SALT",
    "DSN",
    "PASSWORDS",
    "PASSCODE",
    "PEPPER",
];
/// Words after which a `KEY` is a secret.
const KEYS: [&str; 9] = ["API", "ACCESS", "SECRET", "PRIVATE", "ENCRYPTION", "SIGNING", "MASTER", "AUTH", "APP"];
/// Words that say that a name speaks of a secret, and does not hold it.
const ABOUT: [&str; 43] = [
    "FILE",
    "PATH",
    "DIR",
    "MINUTES",
    "SECONDS",
    "HOURS",
    "DAYS",
    "TTL",
    "EXPIRE",
    "EXPIRES",
    "EXPIRY",
    "EXPIRATION",
    "LIFETIME",
    "MAX",
    "MIN",
    "LENGTH",
    "LIMIT",
    "SIZE",
    "COUNT",
    "POLICY",
    "REQUIREMENTS",
    "RETENTION",
    "ENABLED",
    "ENABLE",
    "DISABLE",
    "DISABLED",
    "REQUIRED",
    "REQUIRE",
    "TYPE",
    "NAME",
    "URL",
    "URI",
    "HOST",
    "ENDPOINT",
    "HEADER",
    "ALGORITHM",
    "ISSUER",
    "INTERVAL",
    "RATE",
    "TIMEOUT",
    "RESET",
    "ALLOWED",
    "METHOD",
];
/// Endings of one-word names such as `MYAPIKEY`.
const ENDINGS: [&str; 6] = ["PASSWORD", "PASSWD", "PASSPHRASE", "APIKEY", "SECRETKEY", "TOKEN"];

/// What the value of this variable gives away, as a noun phrase; none if nothing.
pub(super) fn found(name: &str, value: &str) -> Option<&'static str> {
    if in_url(value) {
        return Some("a password within an address");
    }
    let value = literal(value)?;
    let name = name.to_uppercase().replace(['-', '.'], "_");
    let words: Vec<&str> = name.split('_').filter(|word| !word.is_empty()).collect();
    let secret_key = words.windows(2).any(|pair| KEYS.contains(&pair[0]) && pair[1] == "KEY");
    let last = words.last().copied().unwrap_or_default();
    let holds = secret_key
        || words.iter().any(|word| SECRET.contains(word))
        || ENDINGS.iter().any(|ending| last.ends_with(ending))
        || ENDINGS.iter().any(|ending| words.len() == 1 && last.starts_with(ending));
    let elsewhere =
        matches!(last, "FILE" | "PATH" | "DIR") || value.starts_with("/run/secrets/") || value.starts_with("file:");
    let public = words.windows(2).any(|pair| matches!(pair[0], "PUBLIC" | "LICENSE" | "SITE") && pair[1] == "KEY");
    if !holds || elsewhere || public || is_plain_setting(&words, &value) {
        return None;
    }
    Some(if name.contains("PASS") || name.contains("PWD") {
        "a password"
    } else if name.contains("TOKEN") {
        "a token"
    } else if name.contains("KEY") {
        "a key"
    } else {
        "a secret"
    })
}

/// What is left of a value when the variables in it are taken out, defaults kept; none if nothing is.
fn literal(value: &str) -> Option<String> {
    let mut left = String::new();
    let mut at = 0;
    for found in variables::in_text(value) {
        if found.range.start >= at {
            left.push_str(&value[at..found.range.start]);
            if matches!(found.operator, Some("-" | ":-" | "+" | ":+")) {
                left.push_str(literal(found.word).as_deref().unwrap_or_default());
            }
            at = found.range.end;
        }
    }
    left.push_str(&value[at..]);
    (!left.trim_matches(['$', ' ', '"', '\'', ':', '/', '-', '_']).is_empty()).then_some(left)
}

/// A switch, a number or a span of time of a name that speaks about secrets.
fn is_plain_setting(words: &[&str], value: &str) -> bool {
    let switch =
        matches!(value.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "none" | "null");
    let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &value[number.len()..];
    let measure = !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && matches!(unit, "" | "ms" | "s" | "m" | "h" | "d" | "w" | "k" | "kb" | "mb");
    let about = words
        .iter()
        .any(|word| ABOUT.iter().any(|about| word == about || word.ends_with(about) && word.len() > about.len() + 3))
        || words.iter().any(|word| word.contains("MINCHAR") || word.contains("VALIDITY") || word.contains("USAGE"));
    switch || measure && about
}

/// `scheme://user:password@host` with a password that stands there.
fn in_url(value: &str) -> bool {
    let Some((scheme, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let plain = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().is_some_and(|it| !it.is_empty());
    let user = authority.rsplit_once('@').map(|(user, _)| user);
    let password = user.and_then(|user| user.split_once(':')).map(|(_, password)| password);
    plain && password.is_some_and(|password| literal(password).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_from_what_speaks_about_them() {
        let secret = [
            ("DB_PASSWORD", "hunter2"),
            ("POSTGRES_PASSWORD", "1234"),
            ("API_TOKEN", "prefix-${TOKEN}"),
            ("DB_PASS", "${DB_PASS:-fallback}"),
            ("MYAPIKEY", "abc"),
            ("DATABASE_URL", "postgres://app:pa$$w0rd@db/app"),
            ("SECRET_KEY", "x"),
        ];
        let plain = [
            ("DB_PASSWORD", "${DB_PASSWORD}"),
            ("DB_PASSWORD", "$$${DB_PASSWORD}"),
            ("DB_PASSWORD_FILE", "/run/secrets/db"),
            ("TOKEN_TTL", "30m"),
            ("PASSWORD_MIN_LENGTH", "8"),
            ("TOKENVALIDITYMAX", "30"),
            ("USE_TOKEN", "true"),
            ("DATABASE_URL", "postgres://app:${PASSWORD}@db/app"),
            ("COMPASS", "north"),
            ("STRIPE_PUBLIC_KEY", "pk_1"),
        ];
        for (name, value) in secret {
            assert!(found(name, value).is_some(), "{name}={value}");
        }
        for (name, value) in plain {
            assert_eq!(found(name, value), None, "{name}={value}");
        }
    }
}
