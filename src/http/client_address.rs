//! Who is calling, when a reverse proxy may stand between.
//!
//! What is forwarded counts only when the peer itself is one of the proxies the operator named; anybody else could write
//! those headers. The address is for limits and logs; it never decides what the issuer is called.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use poem::http::{HeaderMap, HeaderName, header::FORWARDED};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Any of these means that the request came through somebody.
const MARKS: [&str; 6] = ["x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip", "forwarded", "via"];

/// A block of addresses, such as `10.0.0.0/8`, `fd00::/8` or a single address.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// What was written is not a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotANetwork;

impl fmt::Display for NotANetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an address or a network, such as 192.0.2.1 or 10.0.0.0/8")
    }
}

impl std::error::Error for NotANetwork {}

impl Network {
    /// The network of `bits` leading bits around `address`; the other bits are dropped. More bits than an address has
    /// count as all of them.
    pub fn around(address: IpAddr, bits: u8) -> Network {
        match address.to_canonical() {
            IpAddr::V4(ip) => {
                let bits = bits.min(32);
                Network { base: Ipv4Addr::from_bits(ip.to_bits() & high_bits(bits, 32) as u32).into(), bits }
            }
            IpAddr::V6(ip) => {
                let bits = bits.min(128);
                Network { base: Ipv6Addr::from_bits(ip.to_bits() & high_bits(bits, 128)).into(), bits }
            }
        }
    }

    /// Whether `address` lies in the network. An IPv4 address written as IPv6 is the same address.
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4() && Network::around(address, self.bits) == *self
    }
}

/// The `bits` highest bits of a number of `width` bits.
fn high_bits(bits: u8, width: u8) -> u128 {
    let all = if width == 128 { u128::MAX } else { (1 << width) - 1 };
    if bits == 0 { 0 } else { all << (width - bits) & all }
}

impl FromStr for Network {
    type Err = NotANetwork;

    /// Reads `ADDRESS` or `ADDRESS/BITS`; bits beyond the network are refused, since they are usually a slip.
    fn from_str(text: &str) -> Result<Network, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse::<u8>().map_err(|_| NotANetwork)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotANetwork)?;
        let width = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(width);
        let network = Network::around(address, bits);
        if bits <= width && network.base == address { Ok(network) } else { Err(NotANetwork) }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.bits)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Who is calling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress {
    /// The address nearest to us that is not one of our proxies.
    pub ip: IpAddr,
    /// Whether the caller spoke https, to us or to our proxy.
    pub https: bool,
    /// Whether the request was forwarded, by anybody: such a request is never a local one.
    pub forwarded: bool,
}

impl ClientAddress {
    /// Reads who is calling from the connection and, when the peer is in `proxies`, from what it forwarded:
    /// `X-Forwarded-For` or `Forwarded` (RFC 7239), right to left, up to the first address that is not a proxy. When both
    /// are there and disagree, or an entry cannot be read, the last address that is certain stands.
    pub fn of(headers: &HeaderMap, peer: IpAddr, tls: bool, proxies: &[Network]) -> ClientAddress {
        let peer = peer.to_canonical();
        let trusted = |ip: IpAddr| proxies.iter().any(|network| network.contains(ip));
        let forwarded = MARKS.iter().any(|name| headers.contains_key(*name));
        if !forwarded || !trusted(peer) {
            return ClientAddress { ip: peer, https: tls, forwarded };
        }
        let walk = |hops: Vec<Option<IpAddr>>| {
            let mut nearest = peer;
            for hop in hops.into_iter().rev() {
                let Some(ip) = hop else { break };
                nearest = ip;
                if !trusted(ip) {
                    break;
                }
            }
            nearest
        };
        let by_list = list(headers, X_FORWARDED_FOR).map(|hops| walk(hops.iter().map(|hop| address(hop)).collect()));
        let elements = list(headers, FORWARDED).unwrap_or_default();
        let by_elements = (!elements.is_empty()).then(|| {
            walk(elements.iter().map(|element| parameter(element, "for").and_then(|v| address(&v))).collect())
        });
        let ip = match (by_list, by_elements) {
            (Some(a), Some(b)) if a != b => peer,
            (Some(ip), _) | (None, Some(ip)) => ip,
            (None, None) => peer,
        };
        let scheme = list(headers, X_FORWARDED_PROTO)
            .and_then(|mut schemes| schemes.pop())
            .or_else(|| elements.last().and_then(|element| parameter(element, "proto")));
        ClientAddress { ip, https: scheme.map_or(tls, |scheme| scheme.eq_ignore_ascii_case("https")), forwarded }
    }

    /// What limits count: one IPv4 address, or the IPv6 network a subscriber is given (/64).
    pub fn network(&self) -> Network {
        Network::around(self.ip, if self.ip.is_ipv4() { 32 } else { 64 })
    }

    /// Whether the caller sits on this machine and nobody forwarded the request.
    pub fn is_local(&self) -> bool {
        self.ip.is_loopback() && !self.forwarded
    }
}

/// The comma-separated entries of every line of `name`, in order; `None` when there is no such header.
fn list(headers: &HeaderMap, name: HeaderName) -> Option<Vec<String>> {
    let lines: Vec<_> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or("?")).collect();
    (!lines.is_empty()).then(|| lines.iter().flat_map(|line| line.split(',')).map(|s| s.trim().to_owned()).collect())
}

/// The value of one parameter of a `Forwarded` element, without quotes.
fn parameter(element: &str, name: &str) -> Option<String> {
    element.split(';').find_map(|pair| {
        let (known, value) = pair.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// An address with or without a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let ip = bare.parse().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()))?;
    Some(IpAddr::to_canonical(&ip))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn of(peer: &str, headers: &[(&str, &str)]) -> ClientAddress {
        let headers =
            headers.iter().map(|(n, v)| (n.parse::<HeaderName>().unwrap(), v.parse().unwrap())).collect::<HeaderMap>();
        ClientAddress::of(&headers, ip(peer), false, &["10.0.0.0/8".parse().unwrap(), "::1".parse().unwrap()])
    }

    #[test]
    fn networks_are_read_and_contain_their_addresses() {
        let ten: Network = "10.0.0.0/8".parse().unwrap();
        assert!(ten.contains(ip("10.9.8.7")) && ten.contains(ip("::ffff:10.1.1.1")));
        assert!(!ten.contains(ip("11.0.0.1")) && !ten.contains(ip("::1")));
        assert!("0.0.0.0/0".parse::<Network>().unwrap().contains(ip("192.0.2.1")));
        assert!(!"0.0.0.0/0".parse::<Network>().unwrap().contains(ip("2001:db8::1")));
        assert!("2001:db8::/32".parse::<Network>().unwrap().contains(ip("2001:db8:ffff::1")));
        assert_eq!("192.0.2.1".parse::<Network>().unwrap().to_string(), "192.0.2.1/32");
        for wrong in ["", "10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "ten/8", "::/129"] {
            assert_eq!(wrong.parse::<Network>(), Err(NotANetwork), "{wrong}");
        }
    }

    #[test]
    fn strangers_cannot_say_who_they_are() {
        let caller = of("192.0.2.9", &[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-proto", "https")]);
        assert_eq!((caller.ip, caller.https, caller.forwarded), (ip("192.0.2.9"), false, true));
    }

    #[test]
    fn behind_a_proxy_the_right_most_stranger_counts() {
        let ask = |value| of("10.0.0.1", &[("x-forwarded-for", value)]).ip;
        assert_eq!(ask("203.0.113.5"), ip("203.0.113.5"));
        assert_eq!(ask("6.6.6.6, 203.0.113.5, 10.0.0.2"), ip("203.0.113.5"));
        assert_eq!(ask("203.0.113.5:4711"), ip("203.0.113.5"));
        assert_eq!(ask("[2001:db8::1]:4711"), ip("2001:db8::1"));
        assert_eq!(ask("6.6.6.6, garbage, 10.0.0.2"), ip("10.0.0.2"));
        assert_eq!(ask("10.0.0.3, 10.0.0.2"), ip("10.0.0.3"));
        let lines = of("10.0.0.1", &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "203.0.113.5")]);
        assert_eq!(lines.ip, ip("203.0.113.5"));
    }

    #[test]
    fn forwarded_elements_are_read_too() {
        let caller = of("10.0.0.1", &[("forwarded", "for=6.6.6.6, For=\"[2001:db8::1]:80\";proto=https")]);
        assert_eq!((caller.ip, caller.https), (ip("2001:db8::1"), true));
        let both = [("forwarded", "for=203.0.113.5"), ("x-forwarded-for", "127.0.0.1")];
        assert_eq!(of("10.0.0.1", &both).ip, ip("10.0.0.1"));
        assert!(of("10.0.0.1", &[("x-forwarded-proto", "https")]).https);
    }

    #[test]
    fn limits_count_an_address_or_a_subscribers_network() {
        assert_eq!(of("192.0.2.9", &[]).network().to_string(), "192.0.2.9/32");
        assert_eq!(of("::ffff:192.0.2.9", &[]).network().to_string(), "192.0.2.9/32");
        assert_eq!(of("2001:db8:1:2:3:4:5:6", &[]).network().to_string(), "2001:db8:1:2::/64");
    }

    #[test]
    fn only_a_caller_on_this_machine_is_local() {
        assert!(of("127.0.0.1", &[]).is_local() && of("::1", &[]).is_local());
        assert!(!of("::1", &[("x-forwarded-for", "127.0.0.1")]).is_local());
        assert!(!of("192.0.2.9", &[]).is_local());
    }
}
